/** Spans, log records and configurations of the probabilistic sampler, made at random. */
import type { RandomChoices } from './random-choices';
import { attribute } from './sampled-traces';
import { spoilt, wildAttributes, wildTraceState } from './wild-values';
import { encodeProto } from '../../testing/otlp-proto';

/** A configuration and its name. */
export interface SamplerSet {
  /** Its name behind the slash. */
  readonly name: string;
  /** What it samples. */
  readonly signal: 'traces' | 'logs';
  /** Its keys. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Trace states that can be read. */
export const TRACE_STATES = [
  'vendor=a', 'ot=th:8', 'ot=th:c;rv:f0000000000000', 'ot=rv:01234567890abc',
  'ot=rv:ffffffffffffff', 'vendor=a,ot=th:0;rv:80000000000000;x:y', 'ot=th:fffffffffffff',
  'ot=x:y', 'b=c, ot=th:4 ,d=e',
];
/** Trace states that cannot be read. */
const UNREADABLE = ['ot=th:zz', 'ot=rv:1', 'vendor', 'ot=th:8;'];
/** Attributes of records that cannot be read, as they stand in JSON. */
export const UNREADABLE_ATTRIBUTES = [
  ...['7', 'no'].map((value) => ['sampling.randomness', value]), ['sampling.threshold', 'zz'],
].map(([key, value]) => `{"key":"${key}","value":{"stringValue":"${value}"}}`);
const PRIORITIES = [
  attribute('sampling.priority', 0), attribute('sampling.priority', 1),
  attribute('sampling.priority', -1), attribute('sampling.priority', 0, true),
  attribute('sampling.priority', 2.5), attribute('sampling.priority', '0'),
  attribute('sampling.priority', '1.5'), attribute('sampling.priority', 'yes'),
  attribute('sampling.priority', true), attribute('sampling.priority', ''),
  attribute('sampling.priority', '1e3'),
  ...[
    '1_0', 'inf', '-inf', '+Inf', 'nan', 'infinity', '1e400', '1e-400', '-0', '.5', '5.', '.', '+1',
    ' 1', '1 ', '1e', '0e5', '0.0', '٣', '1__0', '_1', '1_',
  ].map((text) => attribute('sampling.priority', text)),
];

/** Spans with and without ids, trace states and priorities. */
export function spanRequests(choose: RandomChoices, requests: number, spans: number): Buffer[] {
  const span = (): object => {
    const traceState = choose.one([
      () => undefined,
      () => choose.one(choose.chance(0.2) ? UNREADABLE : TRACE_STATES),
      () => wildTraceState(choose),
    ])();
    return {
      traceId: choose.chance(0.05) ? Buffer.alloc(choose.one([0, 16])) : choose.bytes(16),
      spanId: choose.bytes(8),
      ...traceState !== undefined && { traceState },
      name: 'operation',
      attributes: [
        attribute('a', 1), ...choose.chance(0.2) ? [choose.one(PRIORITIES)] : [],
        ...wildAttributes(choose, ['sampling.priority'], 0.1),
      ],
      status: {},
    };
  };
  return Array.from({ length: requests }, () => encodeProto('ExportTraceServiceRequest', {
    resourceSpans: [{
      resource: { attributes: [attribute('service.name', 'shop')] },
      scopeSpans: [
        { scope: { name: 'one' }, spans: Array.from({ length: spans }, span) },
        { scope: {}, spans: [span()] },
      ],
    }],
  })).map((request) => spoilt(choose, request));
}

/** Records with and without ids and attributes that decide. The body says which one it is. */
export function recordRequests(choose: RandomChoices, requests: number, records: number): Buffer[] {
  let made = 0;
  const perhaps = (share: number, make: () => object): object[] =>
    choose.chance(share) ? [make()] : [];
  const record = (): object => {
    made += 1;
    return {
      timeUnixNano: 1,
      severityNumber: 9,
      body: { stringValue: `record ${made}` },
      attributes: choose.shuffled([
        attribute('a', 1),
        ...perhaps(0.6, () => attribute('user', `user-${choose.whole(0, 50)}`)),
        ...perhaps(0.6, () => choose.one([
          attribute('num', choose.whole(-5, 1000)), attribute('num', choose.whole(0, 9) / 8, true),
          attribute('num', true), attribute('num', ''),
        ])),
        ...perhaps(0.3, () => choose.one([
          attribute('priority', 0), attribute('priority', 100), attribute('priority', 30),
          attribute('priority', 12.5), attribute('priority', -3), attribute('priority', 250),
          attribute('priority', '50'), attribute('priority', true),
        ])),
        ...perhaps(0.15, () => attribute('sampling.randomness', choose.one(
          ['01234567890abc', 'ffffffffffffff', '7', 'no', '']))),
        ...perhaps(0.15, () => attribute('sampling.threshold', choose.one(
          ['8', 'c', '0', 'fffffffffffff', 'zz', '']))),
      ]),
      ...choose.chance(0.7) && { traceId: choose.bytes(16), spanId: choose.bytes(8) },
    };
  };
  return Array.from({ length: requests }, () => encodeProto('ExportLogsServiceRequest', {
    resourceLogs: [{
      resource: { attributes: [attribute('service.name', 'shop')] },
      scopeLogs: [{ scope: { name: 'one' }, logRecords: Array.from({ length: records }, record) }],
    }],
  })).map((request) => spoilt(choose, request));
}

const MODES = ['', 'hash_seed', 'proportional', 'equalizing'];
const PERCENTAGES = [0, 0.007, 0.5, 10, 25, 33.3, 50, 66.7, 99.9, 99.9999, 100, 150];

/** Configurations of all modes, at all percentages, with and without the other keys. */
export function samplerSets(choose: RandomChoices, signal: 'traces' | 'logs'): SamplerSet[] {
  return MODES.flatMap((mode) => PERCENTAGES.flatMap((percentage) =>
    [true, false].map((failClosed): SamplerSet => ({
      name: `${signal}-${mode || 'unset'}-${percentage}-${failClosed ? 'closed' : 'open'}`,
      signal,
      config: {
        ...mode !== '' && { mode },
        sampling_percentage: percentage,
        fail_closed: failClosed,
        ...choose.chance(0.5) && { sampling_precision: choose.one([1, 2, 3, 6, 14]) },
        ...choose.chance(0.5) && { hash_seed: choose.one([1, 22, 4_294_967_295]) },
        ...signal === 'logs' && choose.chance(0.4) && { attribute_source: 'record' },
        ...signal === 'logs' && choose.chance(0.6)
          && { from_attribute: choose.one(['user', 'num', 'nowhere']) },
        ...signal === 'logs' && choose.chance(0.5) && { sampling_priority: 'priority' },
      },
    }))));
}
