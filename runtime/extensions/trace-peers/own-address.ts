/** Addresses of pods: what they are in a ring, and where their peers reach them. */
import { isIP, isIPv6 } from 'net';
import type { TracePeersSettings } from '../../config';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * This pod as rings spell it: as the resolver finds it.
 *
 * @throws Error when nobody says what its address is.
 */
export function ownAddress(
  { address, resolver }: Pick<TracePeersSettings, 'address' | 'resolver'>, env: Environment,
): string {
  const given = address === '' ? env.POD_IP ?? '' : address;
  if (given === '') {
    throw new Error('address: must be that of this pod, or the variable POD_IP must hold it,'
      + ' got neither');
  }
  if (hostOf(given) !== given && !given.startsWith('[') || /\]:\d+$/.test(given)) return given;
  const { dns, k8s, static: fixed } = resolver;
  const isFound = dns !== undefined || k8s !== undefined;
  const host = isFound ? asFound(hostOf(given)) : hostOf(given);
  if (k8s !== undefined) {
    return k8s.ports.length === 0 ? host : joined(host, String(k8s.ports[0]));
  }
  if (dns === undefined) return fixed?.hostnames.find((name) => hostOf(name) === host) ?? host;
  if (dns.port !== '') return joined(host, dns.port);
  return isIPv6(host) ? `[${host}]` : host;
}

/** An IPv6 address in the one spelling that Kubernetes and name servers have for it. */
function asFound(host: string): string {
  return isIPv6(host) && !host.includes('%') ? new URL(`http://[${host}]`).hostname.slice(1, -1)
    : host;
}

/** The host of `host:port`, of a bare host, and of both with an IPv6 address. */
export function hostOf(address: string): string {
  if (isIP(address) !== 0) return address;
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(address);
  return bracketed === null ? address.replace(/:\d+$/, '') : bracketed[1];
}

/** `host:port`, with brackets where the host is an IPv6 address. */
export function joined(host: string, port: number | string): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a pod with `address` may be this pod or another one, and not this pod once more. */
export function isOfFamily(address: string, own: string): boolean {
  const family = isIP(hostOf(own));
  const other = isIP(hostOf(address));
  return family === 0 || other === 0 || family === other;
}
