/**
 * Where the process sends its own telemetry as OTLP, as OpenTelemetry's declarative configuration
 * writes it: times are whole milliseconds.
 */
import type { Duration } from 'cdk8s';
import * as z from 'zod/mini';
import {
  choice, flag, headers, leaf, mustBe, optional, secret, text, type Field,
} from '../fields';
import type { Report, SettingsOf } from '../section';

/** A peer that takes the process's own telemetry as OTLP. */
export interface OwnOtlpExporterConfig {
  /**
   * How it is spoken to: grpc, http/protobuf or http/json.
   */
  readonly protocol: string;
  /**
   * Where it listens, as `http://host:4317`; over HTTP with the path as well.
   */
  readonly endpoint: string;
  /**
   * Whether an endpoint without scheme is spoken to without TLS.
   * @default false
   */
  readonly insecure?: boolean;
  /**
   * Headers that go along.
   * @default {}
   */
  readonly headers?: Record<string, string>;
  /**
   * Further headers, as `name=value,name=value`.
   * @default ""
   */
  readonly headersList?: string;
  /**
   * Longest time of one attempt; whole milliseconds.
   * @default Duration.seconds(10)
   */
  readonly timeout?: Duration;
  /**
   * none or gzip.
   * @default "none"
   */
  readonly compression?: string;
  /**
   * File of the certificates that vouch for the peer.
   * @default - those of the system
   */
  readonly certificate?: string;
  /**
   * File of the certificate that is shown to the peer.
   * @default - none
   */
  readonly clientCertificate?: string;
  /**
   * File of the key of that certificate.
   * @default - none
   */
  readonly clientKey?: string;
}

/** A time that YAML writes as a whole number of milliseconds. */
export function milliseconds(fallback: number): Field<Duration, number> {
  const rule = 'a whole number of milliseconds ≥ 0';
  const whole = () => z.int(mustBe(rule)).check(z.minimum(0, mustBe(rule)));
  return leaf<Duration, number>(whole, fallback, {
    encode: (given: Duration | number) =>
      typeof given === 'number' ? given : given.toMilliseconds(),
  });
}

/** A section of upstream's that is always empty; it is there or not. */
export function presence(): Field<boolean, boolean> {
  return leaf<boolean, boolean>(() => z.strictObject({}, mustBe('an empty map')), false, {
    decode: () => true,
    encode: (given: boolean) => given ? {} : undefined,
  });
}

/** The keys of a peer. */
export const otlpFields = {
  protocol: choice(['grpc', 'http/protobuf', 'http/json']),
  endpoint: text(),
  insecure: flag({ fallback: false }),
  headers: headers(),
  headersList: secret({ fallback: '' }),
  timeout: milliseconds(10_000),
  compression: choice(['none', 'gzip'], 'none'),
  certificate: optional(text()),
  clientCertificate: optional(text()),
  clientKey: optional(text()),
};

/** What is known of a peer. */
export type OwnOtlpSettings = SettingsOf<typeof otlpFields>;

interface Checked {
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly endpoint: string;
  readonly headersList: string;
}

/** Rules between the keys of a peer. */
export function otlpFits(settings: Checked, report: Report): void {
  const { clientCertificate, clientKey, endpoint, headersList } = settings;
  if ((clientCertificate === undefined) !== (clientKey === undefined)) {
    report([], 'must hold client_certificate and client_key, or neither');
  }
  if (!isEndpoint(endpoint)) {
    report(['endpoint'], `must be like http://host:4317, got ${JSON.stringify(endpoint)}`);
  }
  if (headersList !== '' && !headersList.split(',').every((header) => /^[^=]+=/.test(header))) {
    report(['headers_list'], 'must be like name=value,name=value');
  }
}

function isEndpoint(endpoint: string): boolean {
  const url = endpoint.includes('://') ? endpoint : `https://${endpoint}`;
  return URL.canParse(url) && /^https?:\/\/[^/]/.test(url);
}

/** Refuses a map of which not exactly one of `keys` is there. */
export function exactlyOne(given: Readonly<Record<string, unknown>>, report: Report): void {
  const names = Object.keys(given);
  const there = names.filter((name) => given[name] !== undefined && given[name] !== false);
  if (there.length === 1) return;
  report([], `must hold exactly one of ${names.join(', ')}, got ${there.join(' and ') || 'none'}`);
}
