/** What options of backends must be. */
import { DebugVerbosity } from '../graph/debug-verbosity';
import { anyValue, listOf, oneOf, required, withMember, type Kind } from '../prop-kinds';
import { BACKEND_KINDS, DELIVERY_KINDS } from '../tier-kinds';

type Kinds = Readonly<Record<string, Kind>>;

const SECRET = withMember(
  'variable', 'a SecretReference', 'SecretReference.of(\'store-ca\', \'ca.crt\')');
const { signals } = BACKEND_KINDS;

function matching(pattern: RegExp, wanted: string, example: string): Kind {
  return { is: (value) => typeof value === 'string' && pattern.test(value), wanted, example };
}

function textsByName(wanted: string, example: string): Kind {
  return {
    is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
      && Object.values(value).every((each) => typeof each === 'string'),
    wanted,
    example,
  };
}

const labels = textsByName('texts by names of labels', '{ cluster: \'production\' }');
const switched: Kind = {
  is: (value) => typeof value === 'boolean', wanted: 'true or false', example: 'true',
};
const word = matching(/^[A-Za-z_:][\w:]*$/, 'a word of letters, digits and _', '\'shop\'');

/** Whatever is reached over a network. */
export const CONNECTION_KINDS: Kinds = {
  ...BACKEND_KINDS,
  endpoint: anyValue,
  compression: anyValue,
  tls: anyValue,
  certificateAuthority: SECRET,
  clientCertificate: matching(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'the name of a Secret', '\'store-client-tls\''),
};

/** The exporter adds the path of each signal. */
export const HTTP_KINDS: Kinds = {
  ...CONNECTION_KINDS,
  endpoint: {
    is: (value) => typeof value !== 'string' || !/\/v1\/(traces|metrics|logs)\/?$/.test(value),
    wanted: 'without the path of a signal, which is added to it',
    example: '\'http://store:4318\'',
  },
};

/** Several stores. */
export const LOAD_BALANCED_KINDS: Kinds = {
  ...CONNECTION_KINDS,
  resolver: required(withMember(
    '_toConfig', 'a Resolver', 'Resolver.dns(\'store-headless.tracing.svc\')')),
  routing: withMember('_key', 'a Routing', 'Routing.byKey(RoutingKey.SERVICE)'),
};

/** Datadog. */
export const DATADOG_KINDS: Kinds = {
  ...DELIVERY_KINDS,
  signals,
  apiKey: required(withMember(
    'variable', 'a SecretReference, for a key has no place in a ConfigMap',
    'SecretReference.of(\'datadog-secret\', \'api-key\')')),
  site: matching(
    /^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'the site of an account, without https://', '\'datadoghq.eu\''),
  hostname: { is: (value) => typeof value === 'string', wanted: 'a text', example: '\'node-1\'' },
  traces: anyValue,
};

const METRICS_KINDS: Kinds = { namespace: word, resourceToTelemetry: switched };

/** What Prometheus writes to. */
export const REMOTE_WRITE_KINDS: Kinds = {
  ...CONNECTION_KINDS,
  ...METRICS_KINDS,
  endpoint: required(matching(
    /^https?:\/\//, 'a URL', '\'https://prometheus:9090/api/v1/write\'')),
  externalLabels: labels,
};

/** What Prometheus fetches. */
export const PROMETHEUS_KINDS: Kinds = {
  ...METRICS_KINDS,
  port: {
    is: (value) => Number.isInteger(value) && (value as number) >= 1024
      && (value as number) <= 65_535,
    wanted: 'a whole number from 1024 to 65535',
    example: '8889',
  },
  constLabels: labels,
  signals,
  metricExpiration: anyValue,
};

/** Logs of what comes by. */
export const DEBUG_KINDS: Kinds = {
  signals,
  verbosity: oneOf(Object.values(DebugVerbosity), 'DebugVerbosity.DETAILED'),
};

/** What datadog makes of traces. */
export const DATADOG_TRACES_KINDS: Kinds = {
  ignoreResources: listOf(
    matching(/./, '', ''), 'a list of regular expressions', '[\'GET /healthz\']'),
  spanNameRemappings: textsByName('new names by old ones', '{ old: \'new\' }'),
  spanNameAsResourceName: switched,
};
