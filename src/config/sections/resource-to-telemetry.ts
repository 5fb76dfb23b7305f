/**
 * Which attributes of resources become labels of Prometheus.
 */
import { choice, flag } from '../fields';
import { section } from '../section';

/** Which attributes of resources become labels of metrics. */
export interface ResourceToTelemetryConfig {
  /**
   * Whether all of them do, rather than being labels of `target_info` only.
   * @default false
   */
  readonly enabled?: boolean;
  /**
   * Whether those do not that `job` and `instance` are made of.
   * @default false
   */
  readonly excludeServiceAttributes?: boolean;
}

/** Which attributes of resources become labels. */
export const resourceToTelemetry = section<ResourceToTelemetryConfig>()({
  enabled: flag({ fallback: false }), excludeServiceAttributes: flag({ fallback: false }),
});

/** How names are written for Prometheus; empty lets older settings decide. */
export const translationStrategy = choice([
  'UnderscoreEscapingWithSuffixes', 'UnderscoreEscapingWithoutSuffixes',
  'NoUTF8EscapingWithSuffixes', 'NoTranslation', '',
], '');
