/** Every address in the app leads to something that listens. */
import type { Check } from './check';
import { placeOf, receiverOf } from './meetings';
import { isOneLetterOff } from '../../config/nearest-name';
import { destinations, type Destination } from '../destinations';
import type { TierFacts } from '../tier-facts';

/** Exporters whose address is a slip, or a port or a protocol that a tier does not have. */
export const danglingEndpoint: Check = (sender, app) =>
  destinations(sender.data).flatMap((destination) => {
    const receiver = receiverOf(sender, destination, app);
    return receiver === undefined ? unknownName(sender, destination, app)
      : unheard(destination, receiver);
  });

/** What is said of a Service of no tier: names of tiers that it resembles are likely meant. */
function unknownName(
  sender: TierFacts, destination: Destination, app: readonly TierFacts[],
): string[] {
  const { host, text } = destination;
  const where = placeOf(destination);
  const homeless = app.find(({ name, headlessName, namespace }) => namespace === undefined
    && sender.namespace !== undefined && [name, headlessName].includes(host));
  if (homeless !== undefined) {
    return [`${where}: ${homeless.path} must be in a known namespace to be reached from`
      + ` ${JSON.stringify(sender.namespace)}, got none.\n→ give its chart that namespace:`
      + ' new Chart(app, id, { namespace }).'];
  }
  if (destination.resolver === 'k8s' && host.includes('.')) {
    return unknownService(destination, app);
  }
  const near = app.filter(({ namespace }) => namespace === sender.namespace)
    .flatMap(({ name, headlessName = name }) => [name, headlessName])
    .find((name) => isSlip(host, name));
  return near === undefined ? [] : [
    `${where}: must be sent to a Service that exists, got ${JSON.stringify(text)} (did you mean`
    + ` ${near}?).\n→ give \`forwardTo\` that construct; if it is another Service indeed, write its`
    + ` name with its namespace, such as ${host}.${sender.namespace ?? 'default'}.svc.`,
  ];
}

/** What is said of `name.namespace`, as the k8s resolver takes it, where one of both is a slip. */
function unknownService(destination: Destination, app: readonly TierFacts[]): string[] {
  const [name, inNamespace] = destination.host.split('.');
  const isKnown = app.some(({ namespace }) => namespace === inNamespace);
  const near = app.flatMap(({ namespace, name: tier, headlessName = tier }) =>
    namespace === undefined ? [] : [tier, headlessName].map((service) => ({ service, namespace })))
    .find(({ service, namespace }) => (namespace === inNamespace && isSlip(name, service))
      || (service === name && !isKnown && isSlip(inNamespace, namespace)
        && !isSibling(inNamespace, namespace)));
  return near === undefined ? [] : [
    `${placeOf(destination)}: must be sent to a Service that exists, got`
    + ` ${JSON.stringify(destination.text)} (did you mean ${near.service}.${near.namespace}?).`
    + '\n→ give `forwardTo` that construct; if it is another Service indeed, ask for its headless'
    + ` one by Resolver.dns('${name}.${inNamespace}.svc').`,
  ];
}

/** Names such as team-a and team-b differ in a word of a few letters, which is no slip. */
function isSibling(one: string, other: string): boolean {
  const words = other.split('-');
  return one.split('-').some((word, index) => word !== words[index]
    && Math.min(word.length, (words[index] ?? '').length) < 4);
}

/** Whether a name without namespace is another one but for a letter; numbers are no slips. */
function isSlip(host: string, name: string): boolean {
  const letters = (text: string) => text.replace(/[\d-]/g, '');
  return /^[a-z0-9-]{4,}$/.test(host) && letters(host) !== letters(name)
    && isOneLetterOff(host, name);
}

function unheard(destination: Destination, receiver: TierFacts): string[] {
  const { port, protocol, text } = destination;
  const where = placeOf(destination);
  const wanted = receiver.ports[protocol];
  const spoken = protocol === 'grpc' ? 'gRPC' : 'HTTP';
  if (wanted === undefined) {
    return [`${where}: ${receiver.path} does not take OTLP over ${spoken}, got`
      + ` ${JSON.stringify(text)}.\n→ give \`forwardTo\` that construct, or add ${spoken} to its`
      + ' `protocols`.'];
  }
  return port === wanted ? [] : [
    `${where}: ${receiver.path} takes OTLP over ${spoken} on port ${wanted}, got`
    + ` ${JSON.stringify(text)} with port ${port}.`
    + '\n→ give `forwardTo` that construct: the port then follows by itself.',
  ];
}
