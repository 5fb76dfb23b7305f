import { createOtlpGrpcExporter, createOtlpGrpcSender } from './otlp-grpc';
import { otlpGrpcExporter, type OtlpGrpcSettings } from '../../config';
import { exporterContext } from '../../testing/component-context';

function settingsOf(yaml: object): OtlpGrpcSettings {
  const { settings, problems } = otlpGrpcExporter.read(yaml);
  expect(problems).toEqual([]);
  return settings!;
}

it('may be stopped before it is started, and twice', async () => {
  const exporter = createOtlpGrpcExporter(
    settingsOf({ endpoint: 'tempo:4317' }), exporterContext('otlp_grpc'));
  await exporter.stop();
  await expect(exporter.stop()).resolves.toBeUndefined();
});

it('names its peer in its metrics', () => {
  const context = exporterContext('otlp_grpc', ['traces']);
  createOtlpGrpcExporter(settingsOf({ endpoint: 'dns:///tempo.tracing:4317' }), context);
  expect(context.metrics.value('otelcol_exporter_sent_spans', {
    'exporter': 'otlp_grpc', 'server.address': 'tempo.tracing', 'server.port': '4317',
  }) ?? context.metrics.value('otelcol_exporter_sent_spans', {
    exporter: 'otlp_grpc', server_address: 'tempo.tracing', server_port: '4317',
  })).toBe(0);
});

it('refuses an endpoint that its client cannot connect to', () => {
  const settings = settingsOf({ endpoint: 'dns://8.8.8.8/h:4317' });
  expect(() => createOtlpGrpcSender(settings, exporterContext('otlp_grpc')))
    .toThrow('endpoint: must have three slashes after "dns:"');
});
