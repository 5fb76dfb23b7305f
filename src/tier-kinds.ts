/** What the props of tiers must be. */
import {
  CLUSTER_FEATURE_KINDS, HOST_FEATURE_KINDS, NO_HOST_FEATURE_KINDS,
} from './feature-kinds';
import { DebugVerbosity } from './graph/debug-verbosity';
import { Protocol } from './graph/protocol';
import { SECRET_KIND } from './graph/secret-reference';
import { Signal } from './graph/signal';
import {
  durationOf, listOf, oneOf, required, type Kind, wholeFrom, wholeMebibytes, withMember,
} from './prop-kinds';
import { HOST_PORTS_KIND, NO_HOST_PORTS_KIND, WORKLOAD_KINDS } from './workload-kinds';

type Kinds = Readonly<Record<string, Kind>>;

const BACKEND_EXAMPLE = '[Backend.otlp(\'store\', { endpoint: \'store:4317\' })]';
const POLICY_EXAMPLE = '[SamplingPolicy.probabilistic(\'tenth\', { samplingPercentage: 10 })]';

const name: Kind = {
  is: (value) => typeof value === 'string', wanted: 'a text', example: '\'gateway\'',
};
/** Its range is told with the other ports of the pod. */
const portNumber: Kind = {
  is: (value) => typeof value === 'number', wanted: 'a number', example: '4317',
};
const switched: Kind = {
  is: (value) => typeof value === 'boolean', wanted: 'true or false', example: 'true',
};
const signals: Kind = {
  is: (value) => Array.isArray(value) && value.length > 0 && new Set(value).size === value.length
    && value.every((each) => Object.values<unknown>(Signal).includes(each)),
  wanted: 'a list of one or more of traces, metrics, logs, each once',
  example: '[Signal.TRACES]',
};
const VARIABLE = /^[A-Za-z_]\w*$/;
const secretReference = SECRET_KIND;
const secrets: Kind = {
  is: (value) => typeof value === 'object' && value !== null && Object.entries(value)
    .every(([variable, secret]) => VARIABLE.test(variable) && secretReference.is(secret)),
  wanted: 'SecretReferences by names of variables (letters, digits and _)',
  example: '{ API_KEY: SecretReference.of(\'store\', \'api-key\') }',
};

/** How requests are delivered. */
export const DELIVERY_KINDS: Kinds = {
  retry: withMember('_toRoutedConfig', 'a Retry', 'Retry.upTo(Duration.minutes(5))'),
  queue: withMember('_toConfig', 'a SendingQueue', 'SendingQueue.inMemory()'),
};

/** Props of all tiers. */
export const TIER_KINDS: Kinds = {
  ...DELIVERY_KINDS,
  ...CLUSTER_FEATURE_KINDS,
  ...WORKLOAD_KINDS,
  name,
  forwardTo: withMember(
    'routeFor', 'a gateway or a TelemetryTarget', 'the variable that holds the gateway'),
  protocols: {
    is: (value) => Array.isArray(value) && value.length > 0
      && value.every((each) => Object.values<unknown>(Protocol).includes(each)),
    wanted: 'a list of grpc and http, one at least',
    example: '[Protocol.GRPC]',
  },
  grpcPort: portNumber,
  httpPort: portNumber,
  receive: listOf(
    withMember('_part', 'a Receiver', ''), 'a list of Receivers', '[Receiver.prometheus([…])]'),
  process: listOf(
    withMember('_part', 'a Processor', ''), 'a list of Processors',
    '[Processor.resource({ upsert: { tenant: \'shop\' } })]'),
  batch: {
    is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    wanted: 'options of batches',
    example: '{ sendBatchSize: 1024 }',
  },
  routing: withMember('_key', 'a Routing', 'Routing.byKey(RoutingKey.SERVICE)'),
  traceStats: switched,
  infraAttributes: switched,
  debug: oneOf(Object.values(DebugVerbosity), 'DebugVerbosity.DETAILED'),
  exportTo: listOf(withMember('_write', 'a Backend', ''), 'a list of Backends', BACKEND_EXAMPLE),
  signals,
  image: withMember('_traits', 'a CollectorImage', 'CollectorImage.contrib(\'0.159.0\')'),
  memory: wholeMebibytes,
  cpuMillis: wholeFrom(1, 500),
  placement: withMember(
    'nodeLabels', 'a Placement', 'Placement.onNodes({ \'example.com/pool\': \'telemetry\' })'),
  transportSecurity: withMember(
    '_issuer', 'a TransportSecurity',
    'TransportSecurity.tls(CertificateIssuer.certManager(\'telemetry-ca\'))'),
  authentication: withMember(
    '_token', 'an Authentication',
    'Authentication.bearerToken(SecretReference.of(\'telemetry-token\', \'token\'))'),
  monitoring: withMember('_options', 'a Monitoring', 'Monitoring.prometheusOperator()'),
  terminationGracePeriod: durationOf('seconds', 1, 60),
  config: withMember(
    '_source', 'CollectorConfigOverrides', 'CollectorConfigOverrides.fromYaml(text)'),
  secrets,
};

/** Props of agents. */
export const AGENT_KINDS: Kinds = {
  ...TIER_KINDS,
  ...HOST_FEATURE_KINDS,
  hostPorts: HOST_PORTS_KIND,
};

/** Props of all gateways. */
export const GATEWAY_KINDS: Kinds = {
  ...TIER_KINDS,
  ...NO_HOST_FEATURE_KINDS,
  hostPorts: NO_HOST_PORTS_KIND,
  scaling: withMember('autoscaling', 'a Scaling', 'Scaling.fixed(2)'),
  availability: withMember('_bound', 'an Availability', 'Availability.maxUnavailable(1)'),
};

/** Props of samplers. */
export const SAMPLER_KINDS: Kinds = {
  ...GATEWAY_KINDS,
  policies: required(listOf(
    withMember('_problems', 'a SamplingPolicy', ''), 'a list of SamplingPolicies', POLICY_EXAMPLE)),
  decisionWait: durationOf('seconds', 1, 10),
  numTraces: wholeFrom(1, 50_000),
  expectedTracesPerSecond: wholeFrom(1, 1000),
  decisionWaitAfterRootReceived: durationOf('seconds', 0, 5),
  decisionQuietPeriod: durationOf('seconds', 0, 3),
  blockOnOverflow: switched,
  maximumTraceSize: wholeMebibytes,
  maxHeldMemory: wholeMebibytes,
  stressRelief: {
    is: (value) => typeof value === 'object' && value !== null,
    wanted: 'settings of stress relief',
    example: '{ samplingPercentage: 10 }',
  },
  discovery: oneOf(['kubernetes-api', 'dns'], 'Discovery.DNS'),
  tracePeers: switched,
  journal: withMember('_storage', 'a SamplingJournal', 'SamplingJournal.ephemeral()'),
  peersNetworkPolicy: oneOf(['admit', 'restrict'], 'PeersNetworkPolicy.ADMIT'),
};

/** How a store that speaks OTLP is reached. */
export const BACKEND_KINDS: Kinds = {
  ...DELIVERY_KINDS,
  signals,
  headers: {
    is: (value) => typeof value === 'object' && value !== null
      && Object.keys(value).every((header) => /^[\w!#$%&'*+.^`|~-]+$/.test(header)),
    wanted: 'texts by names of headers, which hold no spaces',
    example: '{ tenant: \'shop\' }',
  },
  secretHeaders: {
    is: (value) => typeof value === 'object' && value !== null
      && Object.values(value).every((secret) => secretReference.is(secret)),
    wanted: 'SecretReferences by names of headers',
    example: '{ \'api-key\': SecretReference.of(\'store\', \'api-key\') }',
  },
  secrets,
};
