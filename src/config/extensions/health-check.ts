/**
 * The contract of the health check extension.
 */
import { component } from '../contract';
import { text } from '../fields';
import { listenAddress } from '../host-port';
import { optionalSection, type Report, type SettingsOf } from '../section';
import { HTTP_SERVER_UPSTREAM_ONLY } from '../sections/http-server';

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
}

const fields = {
  endpoint: listenAddress('localhost:13133'),
  path: text({ fallback: '/' }),
  responseBody: optionalSection<HealthResponseBodyConfig>()({ absent: 'off', empty: 'off' }, {
    healthy: text({ fallback: '' }),
    unhealthy: text({ fallback: '' }),
  }),
};

/** What the health check extension works with. */
export type HealthCheckSettings = SettingsOf<typeof fields>;

function pathIsAbsolute({ path }: HealthCheckSettings, report: Report): void {
  if (!path.startsWith('/')) report(['path'], `must begin with /, got ${JSON.stringify(path)}`);
}

/** The contract of the health check extension. */
export const healthCheckExtension = component<HealthCheckExtensionConfig>()(
  'extensions', 'health_check', fields, {
    check: pathIsAbsolute,
    upstreamOnly: [
      'check_collector_pipeline', 'use_v2', 'http', 'grpc', 'component_health', 'tls',
      'max_request_body_size', 'auth', 'compression_algorithms', ...HTTP_SERVER_UPSTREAM_ONLY,
    ],
  });
