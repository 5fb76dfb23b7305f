/** Both sides of a connection speak TLS, or neither does, and each can prove who it is. */
import type { Check } from './check';
import { meetings, type Meeting } from './meetings';
import { endpointParts } from '../cluster-name';
import { valueAt, type CollectorData, type TierFacts } from '../tier-facts';

/** Senders that speak otherwise than their receiver, or do not meet the name that they expect. */
export const transportSecurity: Check = (sender, app) =>
  meetings(sender, app).flatMap((meeting) => {
    const client = clientOf(sender.data, meeting);
    const server = serverOf(meeting);
    if (isDecidedLater(client)) return [];
    const [said] = [
      ...oneSided(meeting, client, server), ...unknownSender(meeting, client, server),
      ...unknownName(meeting, client),
    ];
    return said === undefined ? [] : [`${meeting.where}: ${said}`];
  });

/** How a client over gRPC says that it speaks plain text. */
const PLAIN = 'tls: {insecure: true}';

/** TLS of one side; undefined for plain text. */
type Tls = Readonly<Record<string, unknown>> | undefined;

/** Whether a variable of the pod decides how it speaks. */
function isDecidedLater(client: Tls): boolean {
  return [client?.insecure, client?.server_name_override]
    .some((value) => typeof value === 'string' && value.includes('${'));
}

function clientOf(data: CollectorData, { destination }: Meeting): Tls {
  const { exporter, text, spread, protocol } = destination;
  const config = valueAt(data, 'exporters', exporter);
  const tls = (spread !== 'connection' ? valueAt(config, 'protocol', 'otlp', 'tls')
    : valueAt(config, 'tls')) as Tls ?? {};
  const { scheme } = endpointParts(text);
  if (protocol === 'http') return scheme === 'https' ? tls : undefined;
  if (scheme === 'http' && spread === 'connection') return undefined;
  const isPlain = tls.insecure === true && !isGiven(tls.ca_file) && !isGiven(tls.ca_pem)
    && scheme !== 'https';
  return isPlain ? undefined : tls;
}

function serverOf({ destination, receiver }: Meeting): Tls {
  const at = ['receivers', 'otlp', 'protocols', destination.protocol, 'tls'];
  return (valueAt(receiver.data, ...at) ?? undefined) as Tls;
}

function oneSided({ receiver, destination }: Meeting, client: Tls, server: Tls): string[] {
  if ((client === undefined) === (server === undefined)) return [];
  const isHttp = destination.protocol === 'http';
  return client === undefined
    ? [`must speak TLS, as ${receiver.path} does, got plain text.`
      + '\n→ give `forwardTo` that construct, or write '
      + `${isHttp ? 'https:// and tls: {ca_file: …}.' : 'tls: {ca_file: …} in place of insecure.'}`]
    : [`must speak plain text, as ${receiver.path} does, got TLS.`
      + `\n→ give \`forwardTo\` that construct, or write ${isHttp ? 'http://' : PLAIN}.`];
}

function unknownSender({ receiver }: Meeting, client: Tls, server: Tls): string[] {
  const isAsked = receiver.certificate?.asksSenders === true || isGiven(server?.client_ca_file);
  const isKnown = isGiven(client?.cert_file) || isGiven(client?.cert_pem);
  return client === undefined || !isAsked || isKnown ? [] : [
    `must show a certificate, for ${receiver.path} asks its senders for one, got none.`
    + '\n→ give `forwardTo` that construct, or write tls: {cert_file: …, key_file: …}.',
  ];
}

function unknownName({ destination, receiver }: Meeting, client: Tls): string[] {
  const names = receiver.certificate?.names;
  if (client === undefined || names === undefined) return [];
  const asked = askedName(destination, client);
  const isTrusted = client.insecure_skip_verify === true;
  if (isTrusted || names.some((name) => isNamed(name, asked))) return [];
  return [`must ask ${receiver.path} for a name in its certificate (${names.join(', ')}), got`
    + ` ${asked === POD ? POD : JSON.stringify(asked)}.\n→ give \`forwardTo\` that construct, or`
    + ` write tls: {server_name_override: ${exampleOf(names, receiver)}}.`];
}

const POD = 'the address of each pod';

/** Pods are found by their addresses, which nobody knows before there are pods. */
function askedName(destination: Meeting['destination'], tls: NonNullable<Tls>): string {
  const { host, resolver } = destination;
  if (isGiven(tls.server_name_override)) return String(tls.server_name_override);
  return resolver === 'dns' || resolver === 'k8s' ? POD : host.replace(/\.$/, '');
}

function isNamed(name: string, asked: string): boolean {
  const [first, ...rest] = name.toLowerCase().split('.');
  const [asks, ...below] = asked.toLowerCase().split('.');
  return (first === '*' ? asks !== '' : first === asks) && rest.join('.') === below.join('.');
}

function exampleOf(names: readonly string[], { name }: TierFacts): string {
  return names.find((each) => !each.startsWith('*')) ?? name;
}

function isGiven(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
