/** What the process says about itself, under upstream's names. */
import type { Clock } from '../clock';
import type { Instrument, Metrics } from './metrics';

/** Where the numbers come from; tests give their own. */
export interface ProcessFigures {
  /** Processor time in microseconds. */
  cpuUsage(): { readonly user: number; readonly system: number };
  /** Memory in bytes. */
  memoryUsage(): {
    readonly rss: number;
    readonly heapTotal: number;
    readonly heapUsed: number;
    readonly external: number;
  };
}

const UPTIME: Instrument = {
  name: 'otelcol_process_uptime', description: 'Uptime of the process', unit: 's',
};
const CPU: Instrument = {
  name: 'otelcol_process_cpu_seconds',
  description: 'Total CPU user and system time in seconds',
  unit: 's',
};
const RSS: Instrument = {
  name: 'otelcol_process_memory_rss',
  description: 'Total physical memory (resident set size)',
  unit: 'By',
};
const HEAP: Instrument = {
  name: 'otelcol_process_runtime_heap_alloc_bytes',
  description: 'Bytes of allocated heap objects, buffers outside of the JavaScript heap among them',
  unit: 'By',
};
const SYS: Instrument = {
  name: 'otelcol_process_runtime_total_sys_memory_bytes',
  description: 'Total bytes of memory obtained from the OS for the heap and for buffers',
  unit: 'By',
};

/**
 * Shows the process's figures in `metrics`. `process_runtime_total_alloc_bytes` is not among them:
 * V8 does not say how much was ever allocated.
 */
export function observeProcess(
  metrics: Metrics, clock: Clock, figures: ProcessFigures = process,
): void {
  const started = clock.monotonic();
  metrics.observe('counter', UPTIME, {}, () => (clock.monotonic() - started) / 1e3);
  metrics.observe('counter', CPU, {}, () => {
    const { user, system } = figures.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.observe('gauge', RSS, {}, () => figures.memoryUsage().rss);
  metrics.observe('gauge', HEAP, {}, () => {
    const { heapUsed, external } = figures.memoryUsage();
    return heapUsed + external;
  });
  metrics.observe('gauge', SYS, {}, () => {
    const { heapTotal, external } = figures.memoryUsage();
    return heapTotal + external;
  });
}
