/** What the health check answers, as upstream's does to the letter. */
import type { HealthCheckSettings } from '../../config';

/** An HTTP answer. */
export interface HealthAnswer {
  /** Status code. */
  readonly status: number;
  /** Headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body. */
  readonly body: string;
}

/** Since when the pipelines work; undefined when they do not. */
export interface Readiness {
  /** Wall-clock time at which they began, in milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds since then. */
  readonly uptime: number;
}

const PLAIN = { 'content-type': 'text/plain; charset=utf-8' };
const JSON_TYPE = { 'content-type': 'application/json' };
/** Go's zero time: nobody has been up yet. */
const NEVER = '0001-01-01T00:00:00Z';

/** The answer to a request for `url`. */
export function healthAnswer(
  settings: HealthCheckSettings, url: string, ready: Readiness | undefined,
): HealthAnswer {
  const [path] = url.split('?');
  if (settings.path === `${path}/`) {
    const location = settings.path + url.slice(path.length);
    return { status: 301, headers: { ...PLAIN, location }, body: 'Moved Permanently\n' };
  }
  if (!answers(settings.path, path)) {
    return { status: 404, headers: PLAIN, body: '404 page not found\n' };
  }
  const status = ready === undefined ? 503 : 200;
  const { responseBody } = settings;
  if (responseBody !== undefined) {
    const body = ready === undefined ? responseBody.unhealthy : responseBody.healthy;
    return { status, headers: PLAIN, body };
  }
  return { status, headers: JSON_TYPE, body: JSON.stringify(report(ready)) };
}

/** A path that ends with `/` answers for all that begin with it; any other only for itself. */
function answers(own: string, asked: string): boolean {
  return own.endsWith('/') ? asked.startsWith(own) : asked === own;
}

function report(ready: Readiness | undefined): Readonly<Record<string, string>> {
  if (ready === undefined) return { status: 'Server not available', upSince: NEVER, uptime: '' };
  return {
    status: 'Server available',
    upSince: new Date(ready.since).toISOString(),
    uptime: goDuration(ready.uptime),
  };
}

/** A length of time as Go prints it: with all units below the largest one, even if they are 0. */
function goDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1) return `${rounded(ms * 1e3, 3)}µs`;
  if (ms < 1e3) return `${rounded(ms, 6)}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${rounded((ms - minutes * 60_000) / 1e3, 9)}s`;
  if (minutes === 0) return seconds;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
