/** What only shows between tiers: does what one sends meet a tier that takes it, and rightly? */
import { serviceNames } from './cluster-name';
import { destinations, type Destination } from './destinations';
import type { Signal } from './signal';
import { valueAt, type CollectorData, type TierFacts } from './tier-facts';

/** What is wrong with what `sender` sends to the tiers among `all`. */
export function wiringProblems(sender: TierFacts, all: readonly TierFacts[]): string[] {
  return destinations(sender.data).flatMap((destination) => {
    const named = all.filter((tier) => names(tier, sender).includes(destination.host));
    const receiver = named.find(({ chart }) => chart === sender.chart) ?? named[0];
    return receiver === undefined ? [] : problemsBetween(sender, destination, receiver);
  });
}

function names(tier: TierFacts, sender: TierFacts): string[] {
  const { name, headlessName, namespace } = tier;
  return [name, headlessName].flatMap((service) => service === undefined
    ? [] : serviceNames(service, namespace, sender.namespace));
}

function problemsBetween(
  sender: TierFacts, destination: Destination, receiver: TierFacts,
): string[] {
  const { exporter, host, port, protocol, resolver, spread, text } = destination;
  const where = `exporters.${exporter}`;
  const problems: string[] = [];
  const wanted = receiver.ports[protocol];
  const spoken = protocol === 'grpc' ? 'gRPC' : 'HTTP';
  if (port !== wanted) {
    problems.push(`${where}: ${receiver.path} takes OTLP over ${spoken} on port ${wanted}, got`
      + ` ${JSON.stringify(text)} with port ${port}.`
      + '\n→ give `forwardTo` that construct: the port then follows by itself.');
  }
  const untaken = destination.signals.filter((signal) => !receiver.signals.includes(signal));
  if (untaken.length > 0) problems.push(untakenSignals(sender, receiver, untaken));
  if (spread === 'connection' && receiver.needsWholeTraces
    && (destination.signals as readonly string[]).includes('traces')) {
    problems.push(`${where}: sends traces by connection to ${receiver.path}, which samples whole`
      + ' traces: spans of one trace would meet different pods.'
      + '\n→ give `forwardTo` that construct: traces are then routed by trace id.');
  }
  if (resolver === 'dns' && !host.startsWith(receiver.headlessName ?? '-')) {
    problems.push(`${where}: the Service ${host} has one address for all of ${receiver.path},`
      + ' so that traces would not be spread by trace id.'
      + `\n→ use the headless Service (${receiver.headlessName ?? 'not written here'}), or give`
      + ' `forwardTo` that construct.');
  }
  return problems;
}

/** The sentence about signals that a receiver has no pipeline for. */
export function untakenSignals(
  sender: { readonly path: string }, receiver: { readonly path: string },
  signals: readonly Signal[],
): string {
  return `signals: ${receiver.path} does not take ${signals.join(' and ')}, which`
    + ` ${sender.path} sends there.`
    + `\n→ add ${signals.join(', ')} to the \`signals\` of ${receiver.path}, or leave them out`
    + ' here.';
}

interface Listener {
  readonly at: readonly string[];
  readonly what: string;
  readonly port: number;
  readonly prop: string;
}

/** Whether what listens inside the pod is what Services, probes and monitoring lead to. */
export function listenerProblems(
  data: CollectorData, ports: Record<'grpc' | 'http' | 'health', number>,
): string[] {
  const protocols = ['receivers', 'otlp', 'protocols'];
  const listeners: Listener[] = [
    { at: [...protocols, 'grpc'], what: 'its Service leads', port: ports.grpc, prop: 'grpcPort' },
    { at: [...protocols, 'http'], what: 'its Service leads', port: ports.http, prop: 'httpPort' },
    {
      at: ['extensions', 'health_check'], what: 'its probes ask', port: ports.health, prop: '',
    },
  ];
  return listeners.flatMap(({ at, what, port, prop }) => {
    const endpoint = valueAt(data, ...at, 'endpoint');
    const where = `${at.join('.')}.endpoint`;
    const wayOut = prop === ''
      ? 'leave this endpoint out of `config`.'
      : `set \`${prop}\` instead of this endpoint: everything else then follows.`;
    if (typeof endpoint !== 'string') {
      return [`${where}: must listen on port ${port}, to which ${what}, got nothing.\n→ ${wayOut}`];
    }
    if (/^(localhost|127\.)/.test(endpoint)) {
      return [`${where}: must be reached from outside its pod, got ${JSON.stringify(endpoint)}.`
        + `\n→ write "[\${env:POD_IP}]:${port}", or leave it out of \`config\`.`];
    }
    return endpoint.endsWith(`:${port}`) ? []
      : [`${where}: must end in :${port}, to which ${what}, got ${JSON.stringify(endpoint)}.`
        + `\n→ ${wayOut}`];
  });
}
