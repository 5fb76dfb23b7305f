/**
 * The contract of `service.telemetry.traces`: spans of the process itself. There are none unless
 * processors are given.
 */
import { choice, keyword, list, optional, ratio } from '../fields';
import { givenSection, section } from '../section';
import { exactlyOne, presence } from './otlp-push';
import { recordProcessor, type RecordProcessorConfig } from './record-processors';

/** Keeps a share of the traces, by their ids. */
export interface TraceIdRatioConfig {
  /**
   * The share, from 0 to 1.
   * @default 1
   */
  readonly ratio?: number;
}

/** Follows what the sender decided. */
export interface ParentBasedConfig {
  /**
   * Decides where no sender did.
   * @default - all are kept
   */
  readonly root?: RootSamplerConfig;
}

/** Decides on a trace that begins here; one of these. */
export interface RootSamplerConfig {
  /**
   * All are kept.
   * @default false
   */
  readonly alwaysOn?: boolean;
  /**
   * None is kept.
   * @default false
   */
  readonly alwaysOff?: boolean;
  /**
   * Some are kept.
   * @default - no share
   */
  readonly traceIdRatioBased?: TraceIdRatioConfig;
}

/** Decides which of the process's own traces are kept; one of these. */
export interface OwnSpanSamplerConfig extends RootSamplerConfig {
  /**
   * As the sender decided.
   * @default - not so
   */
  readonly parentBased?: ParentBasedConfig;
}

/** Spans of the process itself. */
export interface TelemetryTracesConfig {
  /**
   * Whether there are spans: none, or any of basic, normal and detailed.
   * @default "basic"
   */
  readonly level?: string;
  /**
   * How a sender's trace is known: tracecontext, b3.
   * @default []
   */
  readonly propagators?: string[];
  /**
   * Where spans go; without any there are none.
   * @default []
   */
  readonly processors?: RecordProcessorConfig[];
  /**
   * Which traces are kept.
   * @default - as the sender decided, and all that begin here
   */
  readonly sampler?: OwnSpanSamplerConfig;
}

/** Time after which a batch of spans is sent. */
const SCHEDULE_MS = 5_000;

const root = {
  alwaysOn: presence(),
  alwaysOff: presence(),
  traceIdRatioBased: givenSection<TraceIdRatioConfig>()('off', {
    ratio: ratio({ fallback: 1, max: 1 }),
  }),
};

/** Spans of the process itself. */
export const telemetryTraces = section<TelemetryTracesConfig>()({
  level: keyword(['none', 'basic', 'normal', 'detailed'], 'basic'),
  propagators: list(choice(['tracecontext', 'b3']), []),
  processors: list(recordProcessor(SCHEDULE_MS), []),
  sampler: givenSection<OwnSpanSamplerConfig>()('off', {
    ...root,
    parentBased: givenSection<ParentBasedConfig>()('on', {
      root: optional(section<RootSamplerConfig>()(root, {
        check: (settings, report) => exactlyOne(named(settings), report),
      })),
    }, {
      upstreamOnly: [
        'remote_parent_sampled', 'remote_parent_not_sampled', 'local_parent_sampled',
        'local_parent_not_sampled',
      ],
    }),
  }, {
    check: (settings, report) => exactlyOne(
      { ...named(settings), parent_based: settings.parentBased }, report),
    upstreamOnly: ['jaeger_remote'],
  }),
}, { upstreamOnly: ['limits', 'schema_url'] });

interface Root {
  readonly alwaysOn: boolean;
  readonly alwaysOff: boolean;
  readonly traceIdRatioBased?: unknown;
}

function named({ alwaysOn, alwaysOff, traceIdRatioBased }: Root): Record<string, unknown> {
  return {
    always_on: alwaysOn, always_off: alwaysOff, trace_id_ratio_based: traceIdRatioBased,
  };
}
