/** Many samplers in one process: each in a pipeline of its own, whose end is a path of a sink. */
import { PathSink, type KeptRequest } from './path-sink';
import { parseExposition, type Exposition } from './prometheus-text';
import { askHttp } from './raw-request';
import { startSide, type RunningCollector, type Side, type SideOptions } from './sides';
import { get } from '../../testing/collector-process';
import { decodeProto } from '../../testing/otlp-proto';

/** A sampler and where its telemetry comes from. */
export interface SamplerPipeline {
  /** Its name behind the slash. */
  readonly name: string;
  /** Name of the receiver that feeds it. */
  readonly receiver: string;
  /** What is sampled. */
  readonly signal: 'traces' | 'logs';
  /** Its configuration. */
  readonly config: object;
}

/** Where metrics are sent when all is over. */
const METRICS = '/v1/metrics';

interface Point {
  readonly attributes?: readonly {
    readonly key: string; readonly value: Readonly<Record<string, unknown>>;
  }[];
  readonly asInt?: string;
  readonly asDouble?: number;
  /** Of a histogram. */
  readonly count?: string;
}
interface Metric {
  readonly name: string;
  readonly gauge?: { readonly dataPoints?: readonly Point[] };
  readonly sum?: { readonly dataPoints?: readonly Point[] };
  readonly histogram?: { readonly dataPoints?: readonly Point[] };
}
interface MetricsRequest {
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics?: readonly { readonly metrics?: readonly Metric[] }[];
  }[];
}

/** A process with samplers. */
export class SamplerRun {
  /** Starts one with processors of `type`. */
  public static async start(
    side: Side, type: string, pipelines: readonly SamplerPipeline[], options: SideOptions = {},
  ): Promise<SamplerRun> {
    const sink = await PathSink.start();
    const receivers = [...new Set(pipelines.map(({ receiver }) => receiver))];
    try {
      const collector = await startSide(side, receivers.length + 1, (ports) =>
        configuration(type, pipelines, receivers, ports, sink.url), options);
      return new SamplerRun(sink, collector, receivers);
    } catch (error) {
      sink.stop();
      throw error;
    }
  }

  private constructor(
    private readonly sink: PathSink, private readonly collector: RunningCollector,
    private readonly receivers: readonly string[],
  ) {}

  /** Sends a request to a receiver, which must take it. */
  public async send(receiver: string, signal: 'traces' | 'logs', body: Buffer): Promise<void> {
    const port = this.collector.ports[1 + this.receivers.indexOf(receiver)];
    const headers = { 'content-type': 'application/x-protobuf' };
    const { status } = await askHttp(port, { path: `/v1/${signal}`, headers, body });
    if (status !== 200) throw new Error(`${receiver}: must take it, got ${String(status)}`);
  }

  /** Its metrics now. */
  public async metrics(): Promise<Exposition> {
    return parseExposition((await get(this.collector.ports[0], '/metrics')).body);
  }

  /** Lets it end in order. What it kept is at the sink then. */
  public async finish(): Promise<void> {
    const code = await this.collector.finish();
    if (code !== 0) throw new Error(`the collector: must end well, got ${this.collector.said()}`);
  }

  /** What a sampler passed on. */
  public keptBy(name: string): readonly KeptRequest[] {
    return this.sink.at(`/${name}`);
  }

  /**
   * All that it counted until its end under names that begin with `prefix`: `name{a=b} 3`, of
   * histograms the number of values, nothing that is 0.
   */
  public counts(prefix: string): string[] {
    return this.sink.at(METRICS)
      .map(({ body }) => decodeProto('ExportMetricsServiceRequest', body) as MetricsRequest)
      .flatMap(({ resourceMetrics = [] }) => resourceMetrics)
      .flatMap(({ scopeMetrics = [] }) => scopeMetrics)
      .flatMap(({ metrics = [] }) => metrics)
      .filter(({ name }) => name.startsWith(prefix))
      .flatMap((metric) => linesOf(metric).map((line) => line.slice(prefix.length)));
  }

  /** Ends everything at once. */
  public stop(): void {
    this.collector.stop();
    this.sink.stop();
  }
}

function configuration(
  type: string, pipelines: readonly SamplerPipeline[], receivers: readonly string[],
  [metrics, ...ports]: readonly number[], url: string,
): string {
  const map = <T>(list: readonly T[], entry: (item: T, at: number) => [string, object]): string =>
    JSON.stringify(Object.fromEntries(list.map(entry)));
  const prometheus = { host: '127.0.0.1', port: metrics };
  const exporter = { otlp: { protocol: 'http/protobuf', endpoint: url + METRICS } };
  return `
extensions: { }
receivers: ${map(receivers, (name, at) => [`otlp/${name}`, {
  protocols: { http: { endpoint: `127.0.0.1:${ports[at]}` } },
}])}
processors: ${map(pipelines, ({ name, config }) => [`${type}/${name}`, config])}
exporters: ${map(pipelines, ({ name, signal }) => [`otlp_http/${name}`, {
  [`${signal}_endpoint`]: `${url}/${name}`, compression: 'none',
}])}
service: { telemetry: ${JSON.stringify({
  logs: { level: 'error' },
  metrics: {
    level: 'normal',
    readers: [
      { pull: { exporter: { prometheus } } }, { periodic: { interval: 3_600_000, exporter } },
    ],
  },
})}, pipelines: ${map(pipelines, ({ name, receiver, signal }) => [`${signal}/${name}`, {
  receivers: [`otlp/${receiver}`],
  processors: [`${type}/${name}`],
  exporters: [`otlp_http/${name}`],
}])} }
`;
}

function linesOf({ name, gauge, sum, histogram }: Metric): string[] {
  const points = (gauge ?? sum ?? histogram)?.dataPoints ?? [];
  return points.map(({ attributes = [], asInt, asDouble, count }) => {
    const value = Number(asInt ?? asDouble ?? count ?? 0);
    const pairs = attributes.map(({ key, value: held }) => `${key}=${Object.values(held).join()}`);
    return value === 0 ? '' : `${name}{${pairs.sort().join(', ')}} ${value}`;
  }).filter((line) => line !== '');
}

/** The sum of all series of one name. */
export function sumOf({ series }: Exposition, name: string): number {
  return series.filter((one) => one.name === name).reduce((sum, { value }) => sum + value, 0);
}

/** What stands in `some` and not in `others`, as often as it does. */
export function without(some: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const one of others) left.set(one, (left.get(one) ?? 0) + 1);
  return some.filter((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count <= 0;
  });
}
