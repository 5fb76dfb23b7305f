/** Settings of servers, out of the YAML that users write. */
import {
  otlpReceiver, type GrpcServerSettings, type OtlpHttpServerSettings,
} from '../config';

/** Settings of a gRPC server on a loopback port, with the YAML keys given. */
export function grpcServerSettings(yaml: object = {}): GrpcServerSettings {
  const { grpc } = read({ grpc: { endpoint: '127.0.0.1:0', ...yaml } });
  if (grpc === undefined) throw new Error('grpc must be on');
  return grpc;
}

/** Settings of an HTTP server on a loopback port, with the YAML keys given. */
export function httpServerSettings(yaml: object = {}): OtlpHttpServerSettings {
  const { http } = read({ http: { endpoint: '127.0.0.1:0', ...yaml } });
  if (http === undefined) throw new Error('http must be on');
  return http;
}

function read(protocols: object) {
  const { settings, problems } = otlpReceiver.read({ protocols });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return settings.protocols;
}
