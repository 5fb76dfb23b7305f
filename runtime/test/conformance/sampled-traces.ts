/**
 * Traces for samplers: each comes in several requests, resources and scopes, and holds all that
 * policies ask about, of the right type and of others.
 *
 * The bytes are those that the real collector would write of it, empty ids and statuses among them,
 * so that both sides find the same sizes.
 */
import type { RandomChoices } from './random-choices';
import { spoilt, wildAttributes, wildTraceState } from './wild-values';
import { encodeProto } from '../../testing/otlp-proto';

/** What is sent, in this order. */
export interface TraceTraffic {
  /** Begins all traces, in one request, so that one tick decides about all of them. */
  readonly first: Buffer;
  /** Goes on with them, before they are decided. */
  readonly more: readonly Buffer[];
  /** Spans that come after the decision. */
  readonly late: Buffer;
  /** Number of traces. */
  readonly traces: number;
  /** Ids of the spans that come late, in hex digits. */
  readonly lateSpans: ReadonlySet<string>;
}

interface Placed {
  readonly resource: number;
  readonly scope: number;
  readonly span: object;
}

type Value = string | number | boolean;

/** An attribute; a number with a fraction is a double, and so is one that is told to be. */
export function attribute(key: string, value: Value, isDouble = false): object {
  if (typeof value === 'string') return { key, value: { stringValue: value } };
  if (typeof value === 'boolean') return { key, value: { boolValue: value } };
  return { key, value: isDouble ? { doubleValue: value } : { intValue: value } };
}

const RESOURCES: readonly object[][] = [
  [attribute('service.name', 'shop'), attribute('env', 'prod'), attribute('tier', 1)],
  [attribute('service.name', 'cart'), attribute('env', 'prod'), attribute('canary', true)],
  [attribute('service.name', 'pay'), attribute('env', 'dev'), attribute('tier', 3)],
  [attribute('service.name', 'pay'), attribute('canary', false)],
  [attribute('service.name', 'mail'), attribute('tier', '2'), attribute('env', '')],
  [attribute('env', 7), attribute('canary', 'true'), attribute('retries', 2)],
  [attribute('service.name', 12), attribute('route', '/pay')],
  [],
];
/** So many resources more have attributes of any types. */
const WILD_RESOURCES = 4;
const KEYS = [
  'service.name', 'env', 'tier', 'canary', 'route', 'retries', 'cache.hit', 'http.status_code',
];
const SCOPES: readonly object[] = [
  { name: 'http', version: '1.2', attributes: [attribute('env', 'scope')] }, { name: 'sql' }, {},
];
const TRACE_STATES = [
  'vendor=a', 'vendor=b,other=c', 'other=x,vendor=a', 'ot=th:8', 'ot=rv:80000000000001',
  'ot=th:c;rv:f0000000000000,vendor=a', 'vendor=a,ot=rv:01234567890abc', 'ot=th:zz',
  'vendor=ab', 'vendor', 'vendor=a;b,ot=th:0',
];
/** Before all times, after all times, and between them where a time has a sign. */
const ABSURD = ['1', '9223372036854775807', '9223372036854775808', '18446744073709551615'];
const START = 1_700_000_000_000_000_000n;

/** Traces of one to twelve spans. */
export function mixedTraces(choose: RandomChoices, traces: number): TraceTraffic {
  const parts: Placed[][] = [[], [], [], []];
  const lateSpans = new Set<string>();
  for (let trace = 0; trace < traces; trace += 1) {
    const maker = new SpanMaker(choose, trace);
    const spans = choose.whole(1, 12);
    parts[0].push(maker.make());
    for (let span = 1; span < spans; span += 1) parts[choose.whole(0, 2)].push(maker.make());
    if (!choose.chance(0.7)) continue;
    const late = maker.make();
    lateSpans.add((late.span as { spanId: Buffer }).spanId.toString('hex'));
    parts[3].push(late);
  }
  const wild = Array.from({ length: WILD_RESOURCES }, () => wildAttributes(choose, KEYS, 0.25));
  const [first, second, third, late] = parts.map((placed) =>
    spoilt(choose, request(choose.shuffled(placed), [...RESOURCES, ...wild])));
  return { first, more: [second, third], late, traces, lateSpans };
}

/** Traces that are alike but for their ids and one attribute, each as large as any other. */
export function uniformTraces(choose: RandomChoices, traces: number, spans: number): TraceTraffic {
  const make = (kind: string, isRoot: boolean, traceId: Buffer): Placed => ({
    resource: 0,
    scope: 0,
    span: {
      traceId,
      spanId: choose.bytes(8),
      parentSpanId: isRoot ? Buffer.alloc(0) : choose.bytes(8),
      name: 'operation',
      startTimeUnixNano: String(START),
      endTimeUnixNano: String(START + 5_000_000n),
      attributes: [attribute('kind', kind)],
      status: {},
    },
  });
  const trace = (at: number): Placed[] => {
    const traceId = choose.bytes(16);
    return Array.from({ length: spans }, (_, span) => make('abcd'[at % 4], span === 0, traceId));
  };
  return {
    first: request(Array.from({ length: traces }, (_, at) => trace(at)).flat()),
    more: [],
    late: request([]),
    traces,
    lateSpans: new Set(),
  };
}

/** Traces that each come in a request of their own, in this order. */
export function tracesInTurn(choose: RandomChoices, traces: number): Buffer[] {
  return Array.from({ length: traces }, (_, trace) => {
    const maker = new SpanMaker(choose, trace);
    const spans = choose.whole(1, 4);
    // In one resource: what of a request is whose is sorted for each resource by itself.
    return request(Array.from({ length: spans }, () => ({ ...maker.make(), resource: 0 })));
  });
}

class SpanMaker {
  private readonly traceId: Buffer;
  private readonly begins: bigint;
  private readonly traceState?: string;
  private readonly isSlow: boolean;
  private readonly failing: number;
  private made = 0;

  public constructor(private readonly choose: RandomChoices, trace: number) {
    this.traceId = choose.bytes(16);
    this.begins = START + BigInt(trace) * 1_000_000_000n;
    this.traceState = choose.chance(0.4) ? this.anyState() : undefined;
    this.isSlow = choose.chance(0.3);
    this.failing = choose.one([0, 0, 0.2, 0.6]);
  }

  public make(): Placed {
    const { choose } = this;
    const isRoot = this.made === 0 ? choose.chance(0.6) : choose.chance(0.03);
    this.made += 1;
    const start = this.begins + BigInt(choose.whole(0, 40_000_000));
    const end = start + BigInt(choose.whole(0, this.isSlow ? 400_000_000 : 30_000_000));
    const ownState = choose.chance(0.1) ? this.anyState() : undefined;
    return {
      resource: choose.whole(0, RESOURCES.length + WILD_RESOURCES - 1),
      scope: choose.whole(0, SCOPES.length - 1),
      span: withoutNothing({
        traceId: this.traceId,
        spanId: choose.bytes(8),
        traceState: ownState ?? this.traceState,
        parentSpanId: isRoot ? Buffer.alloc(0) : choose.bytes(8),
        name: choose.one(['GET /', 'SELECT', 'publish']),
        kind: choose.whole(1, 5),
        startTimeUnixNano: this.time(start),
        endTimeUnixNano: this.time(end),
        attributes: this.attributes(),
        flags: choose.one([undefined, undefined, 1, 0x101, 0x300, 2, 0xffff_fffe, 0xffff_ffff]),
        status: choose.chance(this.failing) ? { code: 2, message: 'no' }
          : choose.one([{}, {}, { code: 1 }, { code: 3 }, { message: 'x' }]),
      }),
    };
  }

  private anyState(): string {
    const { choose } = this;
    return choose.chance(0.5) ? choose.one(TRACE_STATES) : wildTraceState(choose);
  }

  private time(at: bigint): string | undefined {
    const { choose } = this;
    if (choose.chance(0.03)) return undefined;
    return choose.chance(0.02) ? choose.one(ABSURD) : String(at);
  }

  private attributes(): object[] {
    const { choose } = this;
    const made: object[] = [];
    const perhaps = (share: number, make: () => object): void => {
      if (choose.chance(share)) made.push(make());
    };
    perhaps(0.5, () => attribute('http.status_code', choose.one([200, 204, 301, 404, 500, 503])));
    perhaps(0.08, () => attribute('http.status_code', choose.one(['500', '404', true])));
    perhaps(0.05, () => attribute('http.status_code', 500, true));
    perhaps(0.4, () => attribute('route', choose.one(['/cart', '/pay', '/pay/42', '/health', ''])));
    perhaps(0.3, () => attribute('cache.hit', choose.chance(0.5)));
    perhaps(0.08, () => attribute('cache.hit', choose.one(['true', 1])));
    perhaps(0.4, () => attribute('retries', choose.whole(-3, 10)));
    perhaps(0.1, () => attribute('env', choose.one(['prod', 'test'])));
    made.push(...wildAttributes(choose, KEYS, 0.06));
    return choose.shuffled(made);
  }
}

function withoutNothing(span: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(span).filter(([, value]) => value !== undefined));
}

/** A request in which each resource, and each scope in it, is there once. */
function request(placed: readonly Placed[], held = RESOURCES): Buffer {
  const resources = [...new Set(placed.map(({ resource }) => resource))];
  return encodeProto('ExportTraceServiceRequest', {
    resourceSpans: resources.map((resource) => {
      const inside = placed.filter((one) => one.resource === resource);
      const scopes = [...new Set(inside.map(({ scope }) => scope))];
      return {
        resource: { attributes: held[resource] },
        scopeSpans: scopes.map((scope) => ({
          scope: SCOPES[scope],
          spans: inside.filter((one) => one.scope === scope).map(({ span }) => span),
        })),
      };
    }),
  });
}
