/** A tail sampler with a journal, to be killed. */
import { BackendScene, RETRY, type CrashSite } from './crash-scenes';

/** Traces whose spans come at the same time. */
const TRACES_AT_ONCE = 48;
/** Spans of one trace. */
const SPANS_OF_TRACE = 16;
/** Spans with which a trace is kept that need not be. */
const SPANS_TO_BE_KEPT = 9;

/**
 * Half of the traces are kept, the others when enough of their spans are there in time: such a
 * verdict would be another one if it were forgotten, and spans of the trace would be missing.
 */
export class TailSamplingScene extends BackendScene {
  /** Decisions take a second, and ticks come every second. */
  public readonly longestMs = 4000;
  private isKeptOnDisk?: boolean;

  public constructor() {
    super(1, false);
  }

  public traceOf(span: number): string {
    const block = Math.floor(span / (TRACES_AT_ONCE * SPANS_OF_TRACE));
    const trace = block * TRACES_AT_ONCE + span % TRACES_AT_ONCE;
    return `${this.mayDrop(trace) ? 'm' : 'k'}${trace}`;
  }

  public isKept(trace: string): boolean {
    return trace.startsWith('k');
  }

  public attributesOf(trace: string): Readonly<Record<string, string>> {
    return { keep: this.isKept(trace) ? 'yes' : 'perhaps' };
  }

  public configs({ receiver, health, directory, random }: CrashSite): readonly string[] {
    // Either way the sampler knows when its spans are safe; the ways are not mixed in one run.
    this.isKeptOnDisk ??= random() < 0.5;
    const queue = this.isKeptOnDisk
      ? 'sending_queue: { storage: file_storage, sizer: bytes, queue_size: 400000000 }'
      : 'sending_queue: { enabled: false }';
    return [`
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${receiver}" } } }
processors:
  tail_sampling:
    decision_wait: 1s
    journal: { directory: ${directory}/journal }
    policies:
      - { name: all, type: string_attribute, string_attribute: { key: keep, values: ["yes"] } }
      - { name: enough, type: span_count, span_count: { min_spans: ${SPANS_TO_BE_KEPT} } }
exporters:
  otlp_http:
    { endpoint: "http://127.0.0.1:${this.ports[0]}", compression: none, ${queue}, ${RETRY} }
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
  file_storage: { directory: ${directory}/queue, create_directory: true }
service:
  extensions: [health_check, file_storage]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], processors: [tail_sampling], exporters: [otlp_http] }
`];
  }

  private mayDrop(trace: number): boolean {
    return trace % 2 === 1;
  }
}
