/** Three gateways on loopback, and what an example writes to reach them. */
import { systemClock } from '../../runtime/clock';
import type { Exporter } from '../../runtime/component';
import { loadBalancingExporter } from '../../runtime/config';
import {
  createLoadBalancingExporter,
} from '../../runtime/exporters/load-balancing/load-balancing';
import { createPayload } from '../../runtime/pipeline/payload';
import { freePorts } from '../../runtime/testing/collector-process';
import { exporterContext } from '../../runtime/testing/component-context';
import { loopbackReceiver, type LoopbackReceiver } from '../../runtime/testing/otlp-loopback';
import { findSpans, spans } from '../../runtime/testing/span-builder';

/** Of their own: on 127.0.0.1 a connection of others may get the port of one that is away. */
const HOST = '127.0.0.41';

/** OTLP receivers of the collector of this package, by gRPC, each on a port of its own. */
export class Gateways {
  /** Three of them, none of which is started. */
  public static async three(): Promise<Gateways> {
    const ports = await freePorts(3);
    return new Gateways(ports, ports.map((port) =>
      loopbackReceiver({ endpoint: `${HOST}:${port}` })));
  }

  private constructor(
    private readonly ports: readonly number[], private readonly all: readonly LoopbackReceiver[],
  ) {}

  /** Starts those at these places. */
  public async start(...places: readonly number[]): Promise<void> {
    await Promise.all(places.map((place) => this.all[place].receiver.start()));
  }

  /** Ends all of them. */
  public async stop(): Promise<void> {
    await Promise.all(this.all.map(({ receiver }) => receiver.stop()));
  }

  /** The exporter that `config` asks for, with these gateways as what its resolver finds. */
  public async exporter(config: any): Promise<Exporter> {
    const { settings, problems } = loadBalancingExporter.read({
      ...config,
      protocol: { otlp: { ...config.protocol.otlp, tls: { insecure: true } } },
      resolver: { static: { hostnames: this.ports.map((port) => `${HOST}:${port}`) } },
    });
    if (settings === undefined) throw new Error(JSON.stringify(problems));
    const context = { ...exporterContext('load_balancing', ['traces']), clock: systemClock };
    const exporter = createLoadBalancingExporter(settings, context);
    await exporter.start();
    return exporter;
  }

  /** Spans that each gateway took. */
  public get counts(): number[] {
    return this.all.map(({ consumers }) => consumers.traces.items);
  }

  /** Places of the gateways that took spans of each trace, by its id. */
  public get placesByTrace(): Map<string, Set<number>> {
    const places = new Map<string, Set<number>>();
    this.all.forEach(({ consumers }, place) => {
      for (const { traceId } of findSpans(consumers.traces.bytes)) {
        places.set(traceId, (places.get(traceId) ?? new Set()).add(place));
      }
    });
    return places;
  }
}

/** A request with one span of the trace of this name. */
export function oneSpan(trace: string) {
  return createPayload('traces', [spans([{ trace }])], 1);
}
