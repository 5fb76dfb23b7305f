/**
 * The contract of the health check extension.
 */
import { component } from '../contract';
import { openMap, text, withoutEffect, type Field } from '../fields';
import { listenAddress } from '../host-port';
import { optionalSection, snakeCase, type Report, type SettingsOf } from '../section';
import { HTTP_SERVER_KEYS, httpServerFields } from '../sections/http-server';
import { tlsServer, type TlsServerConfig } from '../sections/tls';

/** What the health check answers instead of its JSON. */
export interface HealthResponseBodyConfig {
  /**
   * Body while the process works.
   * @default ""
   */
  readonly healthy?: string;
  /**
   * Body while it does not.
   * @default ""
   */
  readonly unhealthy?: string;
}

/** Answers over HTTP whether the process works, for the probes of Kubernetes. */
export interface HealthCheckExtensionConfig {
  /**
   * Address to listen on, as `host:port`.
   * @default "localhost:13133"
   */
  readonly endpoint?: string;
  /**
   * Path that is answered; `/` answers every path.
   * @default "/"
   */
  readonly path?: string;
  /**
   * Texts to answer with.
   * @default - a JSON object with status, start and uptime
   */
  readonly responseBody?: HealthResponseBodyConfig;
  /**
   * The certificate that is shown to those who ask.
   * @default - plain HTTP
   */
  readonly tls?: TlsServerConfig;
}

const fields = {
  endpoint: listenAddress('localhost:13133'),
  path: text({ fallback: '/' }),
  responseBody: optionalSection<HealthResponseBodyConfig>()({ absent: 'off', empty: 'off' }, {
    healthy: text({ fallback: '' }),
    unhealthy: text({ fallback: '' }),
  }),
  tls: tlsServer,
};

/** What the health check extension works with. */
export type HealthCheckSettings = SettingsOf<typeof fields>;

function pathIsAbsolute({ path }: HealthCheckSettings, report: Report): void {
  if (!path.startsWith('/')) report(['path'], `must begin with /, got ${JSON.stringify(path)}`);
}

/** Keys of upstream's HTTP server that the extension goes past, upstream and here. */
const UNASKED = [
  'auth', 'cors', 'includeMetadata', 'responseHeaders', 'maxRequestBodySize',
  'compressionAlgorithms',
] as const;

/** Keys of its time limits. A probe is answered before it could wait for one. */
const LIMITS = [
  'readTimeout', 'readHeaderTimeout', 'writeTimeout', 'keepalive', 'idleTimeout',
  'keepAlivesEnabled',
] as const;

const WITHOUT_PIPELINES = 'exporters are not looked at, as by upstream';
const NO_LIMITS = 'an answer is ready when it is asked for, and limits are those of Node.js';
const NEVER_ASKED = 'health is told to everybody, and in one way, as by upstream';

/** The contract of the health check extension. */
export const healthCheckExtension = component<HealthCheckExtensionConfig>()(
  'extensions', 'health_check', fields, {
    check: pathIsAbsolute,
    ignored: {
      check_collector_pipeline: withoutEffect(openMap(), WITHOUT_PIPELINES),
      ...Object.fromEntries(UNASKED.map((name): [string, Field<never, unknown>] => [
        snakeCase(name),
        withoutEffect(httpServerFields[name] as Field<never, unknown>, NEVER_ASKED),
      ])),
      ...Object.fromEntries(LIMITS.map((name): [string, Field<never, unknown>] => [
        snakeCase(name),
        withoutEffect(httpServerFields[name] as Field<never, unknown>, NO_LIMITS),
      ])),
    },
    upstreamOnly: [
      'use_v2', 'http', 'grpc', 'component_health',
      ...HTTP_SERVER_KEYS,
    ],
  });
