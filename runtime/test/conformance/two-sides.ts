/** One configuration with every situation that an answer depends on, in ours and the real one. */
import { startGrpcBackend, startHttpBackend, type AnsweringBackend } from './answering-backend';
import { askHttp, type RawRequest } from './raw-request';
import { startSide, type RunningCollector, type Side } from './sides';
import { until } from '../../testing/collector-process';
import { encodeProto } from '../../testing/otlp-proto';

/** Receivers of the configuration, each with what stands behind it. */
export const RECEIVERS = [
  'plain', 'guarded', 'http-backend', 'grpc-backend', 'limited', 'full', 'unreachable',
] as const;

/** A receiver. */
export type ReceiverName = typeof RECEIVERS[number];

/** Largest body over HTTP, in bytes; over gRPC it is one MiB. */
export const MAX_BODY = 4096;
/** The token that the guarded receiver asks for. */
export const TOKEN = 'open-sesame';

/** Ports of one receiver. */
export interface ReceiverPorts {
  /** gRPC. */
  readonly grpc: number;
  /** HTTP. */
  readonly http: number;
}

/** Both sides, running. */
export interface TwoSides {
  /** The ports of a receiver of a side. */
  portsOf(side: Side, receiver: ReceiverName): ReceiverPorts;
  /** Ends everything. */
  stop(): void;
}

/** A span whose name tells the backend what to answer. */
export function spanRequest(name: string): Buffer {
  const span = {
    traceId: Buffer.alloc(16, 7), spanId: Buffer.alloc(8, 7), name, startTimeUnixNano: 1,
  };
  return encodeProto('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ spans: [span] }] }],
  });
}

/** A request over HTTP that is in order, for a receiver whose backend answers as `name` says. */
export function httpRequest(name: string): RawRequest {
  return {
    path: '/v1/traces',
    headers: { 'content-type': 'application/x-protobuf' },
    body: spanRequest(name),
  };
}

const EXPORTERS: Readonly<Record<ReceiverName, string>> = {
  'plain': 'debug',
  'guarded': 'debug',
  'http-backend': 'otlp_http/backend',
  'grpc-backend': 'otlp_grpc/backend',
  'limited': 'debug',
  'full': 'otlp_http/full',
  'unreachable': 'otlp_grpc/unreachable',
};

function config(
  ports: readonly number[], overHttp: AnsweringBackend, overGrpc: AnsweringBackend,
): string {
  const receiver = (name: ReceiverName, at: number): string => {
    const auth = name === 'guarded' ? ', auth: { authenticator: bearertokenauth }' : '';
    return `  otlp/${name}: { protocols: {
    grpc: { endpoint: "127.0.0.1:${ports[2 * at]}", max_recv_msg_size_mib: 1${auth} },
    http: { endpoint: "127.0.0.1:${ports[2 * at + 1]}",
      max_request_body_size: ${MAX_BODY}${auth} } } }`;
  };
  const pipeline = (name: ReceiverName): string => {
    const processors = name === 'limited' ? ' processors: [memory_limiter],' : '';
    return `    traces/${name}: { receivers: [otlp/${name}],`
      + `${processors} exporters: [${EXPORTERS[name]}] }`;
  };
  const direct = 'compression: none, sending_queue: { enabled: false },'
    + ' retry_on_failure: { enabled: false }, tls: { insecure: true }';
  return `
extensions: { bearertokenauth: { token: ${TOKEN} } }
receivers:
${RECEIVERS.map(receiver).join('\n')}
processors: { memory_limiter: { check_interval: 50ms, limit_mib: 1 } }
exporters:
  debug: { }
  otlp_http/backend: { endpoint: "http://127.0.0.1:${overHttp.port}", ${direct} }
  otlp_grpc/backend: { endpoint: "127.0.0.1:${overGrpc.port}", ${direct} }
  otlp_grpc/unreachable: { endpoint: "127.0.0.1:1", ${direct} }
  otlp_http/full: { endpoint: "http://127.0.0.1:${overHttp.port}", compression: none,
    sending_queue: { queue_size: 1, num_consumers: 1 } }
service: { telemetry: { metrics: { level: none }, logs: { level: error } }, pipelines: {
${RECEIVERS.map(pipeline).join(',\n')},
    metrics: { receivers: [otlp/plain], exporters: [debug] } } }
`;
}

/** Starts both sides, and waits until the limiter refuses and the queue is full. */
export async function startTwoSides(): Promise<TwoSides> {
  const [overHttp, overGrpc] = [await startHttpBackend(), await startGrpcBackend()];
  const running = new Map<Side, RunningCollector>();
  const stop = (): void => {
    for (const collector of running.values()) collector.stop();
    overHttp.stop();
    overGrpc.stop();
  };
  const portsOf = (side: Side, receiver: ReceiverName): ReceiverPorts => {
    const at = 2 * RECEIVERS.indexOf(receiver);
    const { ports } = running.get(side)!;
    return { grpc: ports[at], http: ports[at + 1] };
  };
  try {
    for (const side of ['ours', 'upstream'] as const) {
      running.set(side, await startSide(
        side, 2 * RECEIVERS.length, (ports) => config(ports, overHttp, overGrpc),
        { extensions: ['bearertokenauth'] },
      ));
      for (const receiver of ['limited', 'full'] as const) {
        await until(`a refusal of ${receiver} (${side})`, async () => {
          const { http } = portsOf(side, receiver);
          return (await askHttp(http, httpRequest('hang'))).status === 503;
        });
      }
    }
  } catch (error) {
    stop();
    throw error;
  }
  return { portsOf, stop };
}
