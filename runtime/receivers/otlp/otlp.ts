/** Takes telemetry in as OTLP: gRPC and HTTP, protobuf and JSON, all three signals. */
import { intake } from './intake';
import { receiverCounters, type Transport } from './receiver-metrics';
import { receiverSpans } from './receiver-spans';
import type { Receiver, ReceiverContext } from '../../component';
import type { OtlpReceiverSettings } from '../../config';
import { messageOf } from '../../errors';
import { createGrpcServer } from '../../net/grpc-servers';
import { HttpServer } from '../../net/http-server';
import type { MessageServer, OnMessage, Routes } from '../../net/transport';
import { SIGNALS, type Signal } from '../../pipeline/payload';

/** How long `stop` waits for requests under way: what stands behind needs the rest of the time. */
const GRACE_MS = 5_000;

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};

/** A receiver that can be asked where it listens, which a test does not know beforehand. */
export interface OtlpReceiver extends Receiver {
  /** Port of each protocol that is on, once it was started. */
  readonly ports: { readonly grpc?: number; readonly http?: number };
}

/** Makes an OTLP receiver. */
export function createOtlpReceiver(
  settings: OtlpReceiverSettings, context: ReceiverContext,
): OtlpReceiver {
  return new Otlp(settings, context);
}

interface Listener {
  readonly transport: Transport;
  readonly endpoint: string;
  readonly server: MessageServer;
}

class Otlp implements OtlpReceiver {
  public readonly ports: { grpc?: number; http?: number } = {};
  private readonly listeners: readonly Listener[];

  public constructor(
    settings: OtlpReceiverSettings, private readonly context: ReceiverContext,
  ) {
    const { grpc, http } = settings.protocols;
    const paths = http && {
      traces: http.tracesUrlPath, metrics: http.metricsUrlPath, logs: http.logsUrlPath,
    };
    this.listeners = [
      ...http && paths
        ? [listener(
          'http', http.endpoint, new HttpServer(http, this.routes('http', paths), context))]
        : [],
      ...grpc
        ? [listener(
          'grpc', grpc.endpoint, createGrpcServer(grpc, this.routes('grpc', SERVICES), context))]
        : [],
    ];
  }

  public async start(): Promise<void> {
    for (const { transport, endpoint, server } of this.listeners) {
      this.ports[transport] = await this.listen(transport, server);
      this.context.log.info('Receiver listens.', {
        transport, endpoint, port: this.ports[transport],
      });
    }
  }

  public async stop(): Promise<void> {
    await Promise.all(this.listeners.map(({ server }) => server.close(GRACE_MS)));
  }

  private async listen(transport: Transport, server: MessageServer): Promise<number> {
    try {
      return await server.listen();
    } catch (error) {
      throw new Error(
        `receivers.${this.context.id}.protocols.${transport}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  private routes(transport: Transport, paths: Readonly<Record<Signal, string>>): Routes {
    const routes = new Map<string, OnMessage>();
    for (const signal of SIGNALS) {
      const consumer = this.context.consumers[signal];
      if (consumer === undefined) continue;
      const counters = receiverCounters(this.context, signal, transport);
      const spans = receiverSpans(this.context, signal, transport);
      routes.set(paths[signal], intake(signal, transport, consumer, counters, spans));
    }
    return routes;
  }
}

function listener(transport: Transport, endpoint: string, server: MessageServer): Listener {
  return { transport, endpoint, server };
}
