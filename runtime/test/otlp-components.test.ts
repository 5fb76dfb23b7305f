/** Our exporters and our receiver, over sockets, keep what every component promises. */
import * as grpc from '@grpc/grpc-js';
import type { Signal } from '../pipeline/payload';
import { componentSuite, type ConsumerSubject } from '../testing/component-suite';
import {
  loopbackExporter, loopbackReceiver, type ExporterType,
} from '../testing/otlp-loopback';

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: 'trace.v1.TraceService',
  metrics: 'metrics.v1.MetricsService',
  logs: 'logs.v1.LogsService',
};

componentSuite('the otlp receiver over HTTP', {
  kind: 'receiver',
  make: (consumers) => {
    const { receiver } = loopbackReceiver({}, {}, consumers);
    return {
      component: receiver,
      send: async (signal, request) => {
        const response = await fetch(`http://127.0.0.1:${receiver.ports.http}/v1/${signal}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-protobuf' },
          body: Buffer.from(request),
        });
        await response.arrayBuffer();
        return response.ok;
      },
    };
  },
});

componentSuite('the otlp receiver over gRPC', {
  kind: 'receiver',
  make: (consumers) => {
    const { receiver } = loopbackReceiver({}, {}, consumers);
    let client: grpc.Client | undefined;
    return {
      component: receiver,
      dispose: () => client?.close(),
      send: (signal, request) => {
        client ??= new grpc.Client(
          `127.0.0.1:${receiver.ports.grpc}`, grpc.credentials.createInsecure());
        return export_(client, signal, request);
      },
    };
  },
});

function export_(client: grpc.Client, signal: Signal, request: Uint8Array): Promise<boolean> {
  const path = `/opentelemetry.proto.collector.${SERVICES[signal]}/Export`;
  const bytes = (value: Buffer): Buffer => value;
  const options = { deadline: Date.now() + 5000 };
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, bytes, bytes, Buffer.from(request), new grpc.Metadata(), options,
      (error) => resolve(error === null));
  });
}

const EXPORTERS: readonly (readonly [string, ExporterType, object])[] = [
  ['the otlp_grpc exporter', 'otlp_grpc', {}],
  ['the otlp_grpc exporter without compression', 'otlp_grpc', { compression: 'none' }],
  ['the otlp_grpc exporter without queue', 'otlp_grpc', { sending_queue: { enabled: false } }],
  ['the otlp_http exporter', 'otlp_http', {}],
  ['the otlp_http exporter without compression', 'otlp_http', { compression: 'none' }],
];

for (const [name, type, yaml] of EXPORTERS) {
  componentSuite(name, { kind: 'exporter', make: () => exporterToReceiver(type, yaml) });
}

async function exporterToReceiver(type: ExporterType, yaml: object): Promise<ConsumerSubject> {
  const { receiver, consumers } = loopbackReceiver();
  await receiver.start();
  const endpoint = type === 'otlp_grpc'
    ? `127.0.0.1:${receiver.ports.grpc}`
    : `http://127.0.0.1:${receiver.ports.http}`;
  const { exporter } = loopbackExporter(type, { endpoint, ...yaml });
  const all = Object.values(consumers);
  return {
    component: exporter,
    dispose: () => receiver.stop(),
    received: () => all.flatMap(({ payloads }) => payloads),
    refuseNext: (error) => {
      for (const consumer of all) consumer.refuse(() => error, 1);
    },
  };
}
