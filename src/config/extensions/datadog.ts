/**
 * The contract of upstream's Datadog extension.
 */
import { component } from '../contract';
import { choice, openMap, text } from '../fields';
import { datadogApi, type DatadogApiConfig } from '../sections/datadog';
import { HTTP_CLIENT_KEYS } from '../sections/http-client';

/** Tells Datadog about the collector: its version, components and configuration. */
export interface DatadogExtensionConfig {
  /**
   * The account.
   */
  readonly api: DatadogApiConfig;
  /**
   * Name of the host, where it is not found out; the exporter needs the same.
   * @default ""
   */
  readonly hostname?: string;
  /**
   * The server that shows what was told: a map with `endpoint` and `path`.
   * @default {}
   */
  readonly http?: Record<string, any>;
  /**
   * What the collector is: gateway, daemonset or unknown.
   * @default "unknown"
   */
  readonly deploymentType?: string;
}

/** The contract of the Datadog extension. */
export const datadogExtension = component<DatadogExtensionConfig>()('extensions', 'datadog', {
  api: datadogApi(true),
  hostname: text({ fallback: '' }),
  http: openMap(),
  deploymentType: choice(['gateway', 'daemonset', 'unknown', ''], 'unknown'),
}, {
  upstreamOnly: [
    'installation_method', 'endpoint', 'timeout', 'headers', 'auth', 'compression',
    'compression_params', 'tls',
    ...HTTP_CLIENT_KEYS,
  ],
});
