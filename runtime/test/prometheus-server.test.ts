import { PrometheusMetrics } from '../telemetry/prometheus-metrics';
import { PrometheusServer } from '../telemetry/prometheus-server';

describe('PrometheusServer', () => {
  const metrics = new PrometheusMetrics();
  const serverOn = (port: number): PrometheusServer => new PrometheusServer(
    { host: '127.0.0.1', port }, () => metrics.text(), metrics.contentType);
  const server = serverOn(0);
  const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;

  beforeAll(() => server.start());
  afterAll(() => server.stop());

  it('gives Prometheus the text of the metrics', async () => {
    metrics.counter({ name: 'otelcol_x', description: 'X.', unit: '' }).add(3);
    const answer = await fetch(url('/metrics?collect=all'));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toBe(
      '# HELP otelcol_x X.\n# TYPE otelcol_x counter\notelcol_x 3\n');
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/metrics/more', 404],
    ['POST', '/metrics', 405],
    ['HEAD', '/metrics', 200],
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await fetch(url(path), { method })).status).toBe(status);
  });

  it('says which address cannot be had', async () => {
    const second = serverOn(server.port);
    await expect(second.start()).rejects.toThrow('EADDRINUSE');
    await second.stop();
  });

  it('may be stopped before it starts, and twice', async () => {
    const other = serverOn(0);
    await other.stop();
    await other.start();
    await other.stop();
    await other.stop();
    await expect(fetch(`http://127.0.0.1:${other.port}/metrics`)).rejects.toThrow();
  });
});
