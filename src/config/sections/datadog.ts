/**
 * What the components that speak to Datadog have in common.
 */
import { flag, list, secret, text, textMap } from '../fields';
import { section } from '../section';

/** The account. */
export interface DatadogApiConfig {
  /**
   * The API key; refer to a variable, such as `${env:DD_API_KEY}`.
   */
  readonly key: string;
  /**
   * The site that the account is at, such as datadoghq.eu.
   * @default "datadoghq.com"
   */
  readonly site?: string;
  /**
   * Whether the start fails when the key is none.
   * @default - false for the exporter, true for the extension
   */
  readonly failOnInvalidKey?: boolean;
}

/** The account; `fails` says whether the start fails when the key is none. */
export function datadogApi(fails: boolean) {
  return section<DatadogApiConfig>()({
    key: secret(),
    site: text({ fallback: 'datadoghq.com' }),
    failOnInvalidKey: flag({ fallback: fails }),
  }, {
    check: ({ key, site }, report) => {
      if (key === '') report(['key'], 'must not be empty');
      if (site === '') report(['site'], 'must not be empty');
    },
  });
}

/** How statistics of traces are computed. */
export interface DatadogTraceStatsConfig {
  /**
   * Patterns of resource names whose traces are left out.
   * @default []
   */
  readonly ignoreResources?: string[];
  /**
   * Names of operations by the names that they would have.
   * @default {}
   */
  readonly spanNameRemappings?: Record<string, string>;
  /**
   * Whether a span's own name is the operation's.
   * @default false
   */
  readonly spanNameAsResourceName?: boolean;
  /**
   * Whether statistics are computed for spans of servers, clients, producers and consumers, not
   * only for the topmost ones.
   * @default true
   */
  readonly computeStatsBySpanKind?: boolean;
  /**
   * Whether a span's kind decides which spans are topmost.
   * @default false
   */
  readonly computeTopLevelBySpanKind?: boolean;
  /**
   * Whether statistics are told apart by the peer that was called.
   * @default true
   */
  readonly peerTagsAggregation?: boolean;
  /**
   * Further tags that name a peer.
   * @default []
   */
  readonly peerTags?: string[];
}

/** The fields of such statistics. */
export const datadogTraceStatsFields = {
  ignoreResources: list(text(), []),
  spanNameRemappings: textMap(),
  spanNameAsResourceName: flag({ fallback: false }),
  computeStatsBySpanKind: flag({ fallback: true }),
  computeTopLevelBySpanKind: flag({ fallback: false }),
  peerTagsAggregation: flag({ fallback: true }),
  peerTags: list(text(), []),
};
