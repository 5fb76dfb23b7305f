/**
 * The contract of the OTLP exporter over HTTP.
 */
import { component } from '../contract';
import { choice, text } from '../fields';
import { snakeCase, type Report, type SettingsOf } from '../section';
import {
  HTTP_CLIENT_UPSTREAM_ONLY, httpClientFields, httpClientFits, settledClientKeepalive,
  type HttpClientConfig,
} from '../sections/http-client';
import { retry, type RetryConfig } from '../sections/retry';
import { sendingQueue, type SendingQueueConfig } from '../sections/sending-queue';

/** Sends telemetry as OTLP over HTTP. */
export interface OtlpHttpExporterConfig extends HttpClientConfig {
  /**
   * Address of the server; requests go to its paths `/v1/traces`, `/v1/metrics` and `/v1/logs`.
   * @default ""
   */
  readonly endpoint?: string;
  /**
   * Address for requests with traces, used as it is.
   * @default ""
   */
  readonly tracesEndpoint?: string;
  /**
   * Address for requests with metrics, used as it is.
   * @default ""
   */
  readonly metricsEndpoint?: string;
  /**
   * Address for requests with logs, used as it is.
   * @default ""
   */
  readonly logsEndpoint?: string;
  /**
   * How requests are written: proto or json.
   * @default "proto"
   */
  readonly encoding?: string;
  /**
   * Where requests wait.
   * @default - on, with its defaults
   */
  readonly sendingQueue?: SendingQueueConfig;
  /**
   * When a failed request is tried again.
   * @default - on, with its defaults
   */
  readonly retryOnFailure?: RetryConfig;
}

const fields = {
  endpoint: text({ fallback: '' }),
  tracesEndpoint: text({ fallback: '' }),
  metricsEndpoint: text({ fallback: '' }),
  logsEndpoint: text({ fallback: '' }),
  encoding: choice(['proto', 'json'], 'proto'),
  ...httpClientFields,
  sendingQueue: sendingQueue('on'),
  retryOnFailure: retry,
};

/** What the OTLP exporter over HTTP works with. */
export type OtlpHttpSettings = SettingsOf<typeof fields>;

const ENDPOINTS = ['endpoint', 'tracesEndpoint', 'metricsEndpoint', 'logsEndpoint'] as const;

function endpointsAreUrls(settings: OtlpHttpSettings, report: Report): void {
  const given = ENDPOINTS.filter((key) => settings[key] !== '');
  if (given.length === 0) report(['endpoint'], 'is required, as http://host:4318');
  for (const key of given.filter((name) => !isHttpUrl(settings[name]))) {
    report([snakeCase(key)],
      `must be a URL such as http://host:4318, got ${JSON.stringify(settings[key])}`);
  }
}

function isHttpUrl(address: string): boolean {
  return /^https?:\/\/[^/]/i.test(address) && URL.canParse(address);
}

/** The contract of the OTLP exporter over HTTP. */
export const otlpHttpExporter = component<OtlpHttpExporterConfig>()(
  'exporters', 'otlp_http', fields, {
    aliases: ['otlphttp'],
    authenticators: [{ at: ['auth', 'authenticator'], as: 'client' }],
    check: (settings, report, isGiven) => {
      endpointsAreUrls(settings, report);
      httpClientFits(settings, report, isGiven);
    },
    settle: settledClientKeepalive,
    upstreamOnly: ['profiles_endpoint', ...HTTP_CLIENT_UPSTREAM_ONLY],
  });
