/** Whom the pods of a tier reach by themselves, by its configuration after overrides. */
import { receiverOf } from './checks/meetings';
import { endpointParts } from './cluster-name';
import { destinations, type Destination } from './destinations';
import { usedComponents, type UsedComponent } from './permissions/used-components';
import { valueAt, type TierFacts } from './tier-facts';

/** A tier of the app that is sent to. */
export interface ReachedTier {
  /** The tier. */
  readonly tier: TierFacts;
  /** Port of its pods. */
  readonly port: number;
}

/** Whom pods reach. */
export interface Reached {
  /** Other tiers. */
  readonly tiers: readonly ReachedTier[];
  /** Ports of addresses that are no tier's. */
  readonly ports: readonly number[];
  /** Whether clouds are asked at addresses that every node has. */
  readonly asksCloud: boolean;
  /** Places whose addresses or ports nobody can know here. */
  readonly unknown: readonly string[];
}

/** What one component reaches; undefined where nobody knows. */
type Ports = readonly number[] | undefined;

const HTTPS = 443;
const KUBELET = 10_250;
/** What stays in the pod, or only asks the Kubernetes API. */
const SILENT = new Set([
  'receivers.otlp', 'receivers.filelog', 'receivers.hostmetrics', 'receivers.k8scluster',
  'receivers.k8sevents', 'receivers.k8sobjects', 'receivers.journald', 'receivers.nop',
  'receivers.zipkin', 'receivers.jaeger', 'receivers.statsd', 'receivers.datadog',
  'exporters.debug', 'exporters.nop', 'exporters.file', 'exporters.prometheus',
  // Whom these send to is told by `destinations`.
  'exporters.otlpgrpc', 'exporters.otlphttp',
]);
/** Keys that hold whom is sent to. */
const ADDRESS_KEY = /(^|_)(endpoints?|urls?|brokers)$/;
/** Detectors that need nobody but the pod itself and the Kubernetes API. */
const OWN_DETECTORS = new Set(['env', 'system', 'k8snode', 'k8s_api', 'docker']);

/** Whom pods of `tier` reach, in an app of the tiers `app`. */
export function reachedBy(tier: TierFacts, app: readonly TierFacts[]): Reached {
  const { data, plainEnv = {} } = tier;
  const tiers: ReachedTier[] = [];
  const ports = new Set<number>();
  const unknown: string[] = [];
  const take = (where: string, found: Ports): void => {
    if (found === undefined) unknown.push(where);
    else for (const port of found) ports.add(port);
  };
  for (const destination of destinations(data)) {
    const receiver = receiverOf(tier, destination, app);
    const port = receiver?.ports[destination.protocol];
    if (receiver !== undefined && port !== undefined) tiers.push({ tier: receiver, port });
    else take(`exporters.${destination.exporter}`, portsOf(destination, plainEnv));
  }
  for (const component of usedComponents(data)) {
    take(component.path, componentPorts(component, plainEnv));
  }
  take('service.telemetry', told(valueAt(data, 'service', 'telemetry'), plainEnv));
  return {
    tiers,
    ports: [...ports].sort((a, b) => a - b),
    asksCloud: usedComponents(data).some(asksCloud),
    unknown: [...new Set(unknown)],
  };
}

type Variables = Readonly<Record<string, string>>;

function portsOf({ text, port }: Destination, variables: Variables): Ports {
  return text.includes('${') ? known(portIn(text, variables)) : [port];
}

function known(port: number | undefined): Ports {
  return port === undefined ? undefined : [port];
}

/** The port of an address; undefined when a variable that is no constant may hold it. */
function portIn(address: string, variables: Variables): number | undefined {
  const text = address.replace(/\$\{(?:env:)?(\w+)(?::-[^}]*)?\}/g, (whole, name: string) =>
    variables[name] ?? whole);
  const written = /:(\d+)(\/|$)/.exec(text)?.[1];
  if (written !== undefined) return Number(written);
  const { scheme } = endpointParts(text);
  if (/\$\{[^}]*\}$/.test(text)) return undefined;
  return scheme === 'http' ? 80 : HTTPS;
}

function componentPorts({ kind, config }: UsedComponent, variables: Variables): Ports {
  if (kind === 'exporters.loadbalancing') return cloudMapPorts(config);
  if (SILENT.has(kind)) return [];
  if (kind === 'receivers.kubeletstats') {
    return [Number(/:(\d+)$/.exec(String(valueAt(config, 'endpoint') ?? ''))?.[1] ?? KUBELET)];
  }
  if (kind.startsWith('receivers.')) return undefined;
  const found = told(config, variables, kind.startsWith('extensions.') ? /_?url$/ : ADDRESS_KEY);
  if (!kind.startsWith('exporters.') || found === undefined || found.length > 0) return found;
  // It has an address of its own; that of Datadog follows from its site.
  return kind === 'exporters.datadog' ? [HTTPS] : undefined;
}

/** Ports of all addresses that stand in `value`. */
function told(value: unknown, variables: Variables, key = /endpoint$/): Ports {
  const found: number[] = [];
  let isKnown = true;
  const look = (name: string, each: unknown): void => {
    if (typeof each === 'string' && key.test(name) && each !== '') {
      const port = portIn(each, variables);
      if (port === undefined) isKnown = false;
      else found.push(port);
    } else if (Array.isArray(each)) {
      for (const item of each as unknown[]) look(name, item);
    } else if (typeof each === 'object' && each !== null) {
      // What is pulled is listened on.
      for (const [inner, below] of Object.entries(each)) if (inner !== 'pull') look(inner, below);
    }
  };
  look('', value);
  return isKnown ? found : undefined;
}

/** Instances of Cloud Map have ports of their own, unless one is written. */
function cloudMapPorts(config: unknown): Ports {
  const query = valueAt(config, 'resolver', 'aws_cloud_map');
  if (query === undefined) return [];
  const port = Number(valueAt(query, 'port') ?? 0);
  return port > 0 ? [HTTPS, port] : undefined;
}

function asksCloud({ kind, config }: UsedComponent): boolean {
  if (kind === 'exporters.loadbalancing') {
    return valueAt(config, 'resolver', 'aws_cloud_map') !== undefined;
  }
  const detectors = valueAt(config, 'detectors');
  return kind === 'processors.resourcedetection' && Array.isArray(detectors)
    && detectors.some((detector) => !OWN_DETECTORS.has(String(detector)));
}
