import { observeProcess } from './process-metrics';
import { PrometheusMetrics } from './prometheus-metrics';
import { FakeClock } from '../testing/fake-clock';

describe('observeProcess', () => {
  it('shows uptime, processor time and memory under upstream\'s names', async () => {
    const clock = new FakeClock();
    const metrics = new PrometheusMetrics();
    observeProcess(metrics, clock, {
      cpuUsage: () => ({ user: 1_500_000, system: 250_000 }),
      memoryUsage: () => ({ rss: 900, heapTotal: 500, heapUsed: 300, external: 70 }),
    });
    await clock.advance(2500);
    const text = await metrics.text();
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('# HELP'))).toEqual([
      '# TYPE otelcol_process_uptime counter',
      'otelcol_process_uptime 2.5',
      '# TYPE otelcol_process_cpu_seconds counter',
      'otelcol_process_cpu_seconds 1.75',
      '# TYPE otelcol_process_memory_rss gauge',
      'otelcol_process_memory_rss 900',
      '# TYPE otelcol_process_runtime_heap_alloc_bytes gauge',
      'otelcol_process_runtime_heap_alloc_bytes 370',
      '# TYPE otelcol_process_runtime_total_sys_memory_bytes gauge',
      'otelcol_process_runtime_total_sys_memory_bytes 570',
    ]);
  });

  it('reads the real process by itself', () => {
    const metrics = new PrometheusMetrics();
    observeProcess(metrics, new FakeClock());
    expect(metrics.value('otelcol_process_memory_rss')).toBeGreaterThan(1e6);
    expect(metrics.value('otelcol_process_cpu_seconds')).toBeGreaterThan(0);
  });
});
