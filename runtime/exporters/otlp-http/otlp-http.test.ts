import { createOtlpHttpExporter } from './otlp-http';
import type { Exporter } from '../../component';
import { otlpHttpExporter } from '../../config';
import type { Signal } from '../../pipeline/payload';
import { exporterContext } from '../../testing/component-context';

function exporterOf(yaml: object, signals: readonly Signal[] = ['traces']): Exporter {
  const { settings, problems } = otlpHttpExporter.read(yaml);
  expect(problems).toEqual([]);
  return createOtlpHttpExporter(settings!, exporterContext('otlp_http', signals));
}

it('may be stopped before it is started, and twice', async () => {
  const exporter = exporterOf({ endpoint: 'http://tempo:4318' });
  await exporter.stop();
  await expect(exporter.stop()).resolves.toBeUndefined();
});

it('asks for an endpoint of every signal that it has pipelines for', () => {
  const yaml = { traces_endpoint: 'http://tempo:4318/push' };
  expect(() => exporterOf(yaml, ['traces'])).not.toThrow();
  expect(() => exporterOf(yaml, ['traces', 'logs'])).toThrow(
    'exporters.otlp_http: must have an endpoint or a logs_endpoint for its logs pipelines, '
    + 'got neither');
});
