/** What only shows between tiers: does what one sends meet a tier that takes it, and rightly? */
import { serviceNames } from './cluster-name';
import { destinations, type Destination } from './destinations';
import type { Signal } from './signal';
import { valueAt, type CollectorData, type TierFacts } from './tier-facts';
import { isOneLetterOff } from '../config/nearest-name';

/** What is wrong with what `sender` sends to the tiers among `all`. */
export function wiringProblems(sender: TierFacts, all: readonly TierFacts[]): string[] {
  const problems = destinations(sender.data).flatMap((destination) => {
    const receiver = receiverOf(sender, destination, all);
    return receiver === undefined ? unknownNameProblems(sender, destination, all)
      : problemsBetween(sender, destination, receiver);
  });
  const circle = circleFrom(sender, all);
  if (circle === undefined) return problems;
  const [exporter, ...paths] = circle;
  return [...problems, `exporters.${exporter}: telemetry must not come back to where it was, but`
    + ` goes round ${paths.join(' → ')}.\n→ let one of them send to a backend outside.`];
}

function receiverOf(
  sender: TierFacts, { host }: Destination, all: readonly TierFacts[],
): TierFacts | undefined {
  const named = all.filter((tier) => names(tier, sender).includes(host));
  return named.find(({ chart }) => chart === sender.chart) ?? named[0];
}

/** The exporter and the paths of a circle through `sender`; told by the first tier in it only. */
function circleFrom(sender: TierFacts, all: readonly TierFacts[]): string[] | undefined {
  const walk = (tier: TierFacts, passed: readonly TierFacts[]): string[] | undefined => {
    for (const destination of destinations(tier.data)) {
      const next = receiverOf(tier, destination, all);
      if (next === sender) return [destination.exporter, ...passed.map(({ path }) => path)];
      if (next === undefined || passed.includes(next) || all.indexOf(next) < all.indexOf(sender)) {
        continue;
      }
      const found = walk(next, [...passed, next]);
      if (found !== undefined) return [destination.exporter, ...found.slice(1)];
    }
    return undefined;
  };
  const circle = walk(sender, [sender]);
  return circle === undefined ? undefined : [...circle, sender.path];
}

/** What is said of a Service of no tier: names of tiers that it resembles are likely meant. */
function unknownNameProblems(
  sender: TierFacts, { exporter, host, text }: Destination, all: readonly TierFacts[],
): string[] {
  const where = `exporters.${exporter}`;
  const homeless = all.find(({ name, headlessName, namespace }) => namespace === undefined
    && sender.namespace !== undefined && [name, headlessName].includes(host));
  if (homeless !== undefined) {
    return [`${where}: ${homeless.path} must be in a known namespace to be reached from`
      + ` ${JSON.stringify(sender.namespace)}, got none.\n→ give its chart that namespace:`
      + ' new Chart(app, id, { namespace }).'];
  }
  const near = all.filter(({ namespace }) => namespace === sender.namespace)
    .flatMap(({ name, headlessName = name }) => [name, headlessName])
    .find((name) => isSlip(host, name));
  return near === undefined ? [] : [
    `${where}: must be sent to a Service that exists, got ${JSON.stringify(text)} (did you mean`
    + ` ${near}?).\n→ give \`forwardTo\` that construct; if it is another Service indeed, write its`
    + ` name with its namespace, such as ${host}.${sender.namespace ?? 'default'}.svc.`,
  ];
}

/** Whether a name without namespace is another one but for a letter; numbers are no slips. */
function isSlip(host: string, name: string): boolean {
  const letters = (text: string) => text.replace(/[\d-]/g, '');
  return /^[a-z0-9-]{4,}$/.test(host) && letters(host) !== letters(name)
    && isOneLetterOff(host, name);
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
  if (resolver === 'static' && receiver.needsWholeTraces) {
    problems.push(`${where}: ${text} is one address for all pods of ${receiver.path}, so that`
      + ' traces would not be spread by trace id.'
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
  data: CollectorData, ports: Record<'grpc' | 'http' | 'health' | 'metrics', number>,
): string[] {
  const protocols = ['receivers', 'otlp', 'protocols'];
  const listeners: Listener[] = [
    { at: [...protocols, 'grpc'], what: 'its Service leads', port: ports.grpc, prop: 'grpcPort' },
    { at: [...protocols, 'http'], what: 'its Service leads', port: ports.http, prop: 'httpPort' },
    {
      at: ['extensions', 'health_check'], what: 'its probes ask', port: ports.health, prop: '',
    },
  ];
  const problems = listeners.flatMap(({ at, what, port, prop }) => {
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
  return [...problems, ...metricsProblems(data, ports.metrics)];
}

function metricsProblems(data: CollectorData, port: number): string[] {
  const at = ['service', 'telemetry', 'metrics', 'readers', 0, 'pull', 'exporter', 'prometheus'];
  const found = valueAt(data, ...at, 'port');
  return found === undefined || found === port ? []
    : [`service.telemetry.metrics.readers[0].pull.exporter.prometheus.port: must be ${port}, to`
      + ` which its Service leads, got ${found}.\n→ leave this port out of \`config\`.`];
}
