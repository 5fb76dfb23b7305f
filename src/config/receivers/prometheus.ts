/**
 * The contract of upstream's Prometheus receiver.
 */
import { component } from '../contract';
import { openMap } from '../fields';

/** Scrapes metrics as Prometheus does. */
export interface PrometheusReceiverConfig {
  /**
   * Configuration of Prometheus with `scrape_configs`; each dollar sign in it is written twice.
   * @default {}
   */
  readonly config?: Record<string, any>;
  /**
   * Who hands out what to scrape: a map with `endpoint`, `interval` and `collector_id`.
   * @default {}
   */
  readonly targetAllocator?: Record<string, any>;
}

/** The contract of the Prometheus receiver. */
export const prometheusReceiver = component<PrometheusReceiverConfig>()(
  'receivers', 'prometheus', { config: openMap(), targetAllocator: openMap() }, {
    upstreamSignals: ['metrics'],
    check: ({ config, targetAllocator }, report) => {
      const isIdle = ['scrape_configs', 'scrape_config_files'].every((key) =>
        !Array.isArray(config[key]) || config[key].length === 0);
      if (isIdle && Object.keys(targetAllocator).length === 0) {
        report(['config', 'scrape_configs'],
          'must hold at least one, unless a target_allocator hands them out');
      }
    },
    upstreamOnly: [
      'trim_metric_suffixes', 'api_server', 'scrape_on_shutdown', 'discovery_reload_on_startup',
      'initial_scrape_offset',
    ],
  });
