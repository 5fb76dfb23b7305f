/** Sends telemetry as OTLP over gRPC. */
import type { ComponentContext, Exporter, ExporterContext } from '../../component';
import type { GrpcClientSettings, OtlpGrpcSettings } from '../../config';
import type { PermanentError } from '../../errors';
import { parseClientEndpoint } from '../../net/endpoint';
import { GrpcClient } from '../../net/grpc-client';
import { OtlpSender, type OtlpDialect } from '../../net/otlp-sender';
import { partialSuccessOf } from '../../net/partial-success';
import { Code, isRetryable, statusText } from '../../net/status';
import { USER_AGENT } from '../../net/user-agent';
import { createDelivery } from '../../queue/delivery';
import { HalvingSender } from '../../queue/halving-sender';

const DIALECT: OtlpDialect = {
  paths: {
    traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  },
  encode: ({ chunks }) => chunks,
  partialSuccess: partialSuccessOf,
  isRetryable,
  text: statusText,
};

/**
 * A sender to one gRPC endpoint, without queue and retry.
 *
 * @throws Error when the endpoint is malformed.
 */
export function createOtlpGrpcSender(
  settings: GrpcClientSettings, context: ComponentContext,
): OtlpSender {
  return new OtlpSender(new GrpcClient(settings, context, USER_AGENT), DIALECT, context);
}

/** The words are those of gRPC itself, in Go, C++ and Java ("exceeds maximum size"). */
function isTooLarge({ code, message }: PermanentError): boolean {
  return code === Code.resourceExhausted && /larger than max|exceeds maximum/i.test(message);
}

/** Makes an OTLP exporter over gRPC. */
export function createOtlpGrpcExporter(
  settings: OtlpGrpcSettings, context: ExporterContext,
): Exporter {
  const sender = createOtlpGrpcSender(settings, context);
  const { host, port, socketPath } = parseClientEndpoint(settings.endpoint, 'endpoint');
  return createDelivery({
    id: context.id,
    settings,
    sender: new HalvingSender(sender, isTooLarge),
    context,
    sentAttributes: socketPath === undefined
      ? { 'server.address': host, 'server.port': String(port) } : { 'server.address': socketPath },
  });
}
