/** What listens beside OTLP, and the ports that lead there. */
import { runningComponents, type RunningComponent } from './pipelines';
import { valueAt, type CollectorData, type OtherPort, type TierFacts } from '../tier-facts';

/** Where a component listens, if it does. */
interface Endpoint {
  readonly component: RunningComponent;
  readonly where: string;
  readonly text: string;
}

/** Receivers whose endpoints are where they listen; most are on localhost unless told otherwise. */
const LISTENING = new Set([
  'awsfirehose', 'awsxray', 'carbon', 'collectd', 'datadog', 'faro', 'fluentforward', 'influxdb',
  'jaeger', 'libhoney', 'loki', 'opencensus', 'otelarrow', 'otlp', 'prometheusremotewrite', 'sapm',
  'signalfx', 'skywalking', 'splunkhec', 'statsd', 'stef', 'syslog', 'tcplog', 'udplog',
  'wavefront', 'webhookevent', 'zipkin',
]);
/** Receivers that ask others, or read files: nobody comes to them. */
const ASKING = new Set([
  'dockerstats', 'filelog', 'hostmetrics', 'httpcheck', 'journald', 'k8scluster', 'k8sevents',
  'k8sobjects', 'kubeletstats', 'prometheus',
]);
/** Exporters that are asked rather than send. */
const SERVING = new Set(['prometheus']);
/** What endpoints of servers are called. */
const ADDRESS_KEYS = new Set(['endpoint', 'listen_address', 'host_endpoint']);

/** Ports on which nothing listens, and receivers to which no port leads. */
export function otherListenerProblems(tier: TierFacts): string[] {
  const listening = runningComponents(tier.data).filter(isServer);
  const endpoints = listening.flatMap((component) =>
    endpointsIn(component, component.config, component.where));
  return [
    ...tier.ports.others.flatMap((port) => unheard(port, tier, listening, endpoints)),
    ...endpoints.flatMap((endpoint) => unopened(endpoint, tier)),
  ];
}

/** Whether nobody outside of its pod reaches an address. */
export function isLocal(endpoint: string): boolean {
  return /^(localhost|127\.|\[::1\])/.test(endpoint);
}

/** The sentence about a server that listens inside its pod only, but for its end. */
export function notReached(where: string, endpoint: string, port: number): string {
  return `${where}: must be reached from outside its pod, got ${JSON.stringify(endpoint)}.`
    + `\n→ write "[\${env:POD_IP}]:${port}"`;
}

/** OTLP itself is led to by ports of its own. */
function isServer({ section, kind, id }: RunningComponent): boolean {
  if (id === 'otlp') return false;
  return section === 'exporters' ? SERVING.has(kind)
    : section === 'receivers' && !ASKING.has(kind);
}

function endpointsIn(component: RunningComponent, value: unknown, where: string): Endpoint[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]: [string, unknown]) => {
    const at = `${where}.${key}`;
    if (ADDRESS_KEYS.has(key) && typeof held === 'string') {
      return [{ component, where: at, text: held }];
    }
    return key === 'port' && (typeof held === 'number' || typeof held === 'string')
      ? [{ component, where: at, text: `${String(valueAt(value, 'hostname') ?? '')}:${held}` }]
      : endpointsIn(component, held, at);
  });
}

function portOf(text: string): number | undefined {
  const digits = /:(\d+)$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function unheard(
  { name, port }: OtherPort, { image, data }: TierFacts,
  listening: readonly RunningComponent[], endpoints: readonly Endpoint[],
): string[] {
  const found = endpoints.filter(({ text }) => portOf(text) === port);
  const [local] = found;
  if (found.some(({ text }) => !isLocal(text))) return [];
  if (local !== undefined) return [`${notReached(local.where, local.text, port)}.`];
  const isLater = endpoints.some(({ text }) => text.endsWith('}'));
  const mayListen = listening.some((component) =>
    !endpoints.some((endpoint) => endpoint.component === component)
    && (!LISTENING.has(component.kind) || image._minor === undefined));
  return isLater || mayListen || extensionListens(data, port) ? [] : [
    `ports (${name}): must be one on which a receiver listens, got ${port}.`
    + `\n→ write "[\${env:POD_IP}]:${port}" as endpoint of the receiver, or give the port that it`
    + ' has.',
  ];
}

/** Extensions are no part of a pipeline, but may be led to, too. */
function extensionListens(data: CollectorData, port: number): boolean {
  return JSON.stringify(data.extensions ?? {}).includes(`:${port}"`);
}

/** With the network of its node a pod is reached without any port being told. */
function unopened({ component, where, text }: Endpoint, tier: TierFacts): string[] {
  const { grpc, http, metrics, health, others } = tier.ports;
  const port = portOf(text);
  const known = [grpc, http, metrics, health, ...others.map((other) => other.port)];
  const isKnown = LISTENING.has(component.kind) || component.section === 'exporters';
  const isOnNode = tier.hostPorts.includes(metrics);
  if (!isKnown || port === undefined || known.includes(port)) return [];
  if (isLocal(text) || isOnNode) return [];
  const wayOut = component.section === 'exporters'
    ? `use Backend.prometheus('own', { port: ${port} }), which opens its port.`
    : `give \`ports\` to Receiver.fromYaml('${component.id}', …): [{ name:`
      + ` '${component.kind.slice(0, 15)}', port: ${port} }].`;
  return [`${where}: must be a port of the pod and of its Service, got ${JSON.stringify(text)}.`
    + `\n→ ${wayOut}`];
}
