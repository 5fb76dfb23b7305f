/** Looks names up in cluster DNS as a pod's resolver does: search domains first, then as it is. */
import { createSocket } from 'node:dgram';
import { decode, encode, type Answer, type Packet } from 'dns-packet';
import { systemClock } from '../clock';

/** Where a pod asks and which domains it tries. */
export interface ResolverSettings {
  /** Address of the DNS server. */
  readonly dnsAddress: string;
  /** Port of the DNS server. */
  readonly dnsPort: number;
  /** Domains that are put behind short names, first one first. */
  readonly search: readonly string[];
}

/** Kubernetes writes this number into every pod's resolv.conf. */
const NDOTS = 5;
const TRY_MS = 1000;
const TRIES = 2;

/** The names to ask for, in order, when somebody looks up `name`. */
export function candidateNames(name: string, search: readonly string[]): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const longer = search.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= NDOTS ? [name, ...longer] : [...longer, name];
}

/**
 * IPv4 addresses of `name`.
 *
 * @throws Error with code ENOTFOUND or EAI_AGAIN, as `dns.lookup` gives them.
 */
export async function lookupInCluster(name: string, settings: ResolverSettings): Promise<string[]> {
  for (const candidate of candidateNames(name, settings.search)) {
    const packet = await query(candidate, settings);
    if (packet === undefined) throw lookupError('EAI_AGAIN', name);
    const addresses = (packet.answers ?? []).flatMap((answer: Answer) =>
      answer.type === 'A' ? [answer.data] : []);
    if (addresses.length > 0) return addresses;
  }
  throw lookupError('ENOTFOUND', name);
}

function lookupError(code: string, hostname: string): Error {
  const error = new Error(`getaddrinfo ${code} ${hostname}`);
  return Object.assign(error, { code, errno: -3008, syscall: 'getaddrinfo', hostname });
}

function query(name: string, settings: ResolverSettings): Promise<Packet | undefined> {
  const id = Math.floor(Math.random() * 65_536);
  const question = encode({
    type: 'query', id, flags: 0x100, questions: [{ type: 'A', class: 'IN', name }],
  });
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    let tries = 0;
    const end = (packet: Packet | undefined): void => {
      timer.cancel();
      socket.close();
      resolve(packet);
    };
    const attempt = (): void => {
      if (++tries > TRIES) end(undefined);
      else socket.send(question, settings.dnsPort, settings.dnsAddress);
    };
    const timer = systemClock.every(TRY_MS, attempt);
    socket.on('message', (bytes) => {
      const packet = decode(bytes);
      if (packet.id === id) end(packet);
    });
    // A refused or unreachable server is found out by the same timer as a silent one.
    socket.on('error', () => undefined);
    attempt();
  });
}
