/** Addresses as configurations write them, and the IP addresses behind their names. */
import * as dns from 'dns';
import { isIP } from 'net';
import { messageOf } from '../errors';

/** A host and a port. */
export interface HostPort {
  /** Name or IP address, without brackets; empty for all addresses of this machine. */
  readonly host: string;
  /** Port; 0 lets the machine choose one to listen on. */
  readonly port: number;
}

/** Where a client connects to. */
export interface ClientEndpoint extends HostPort {
  /** What the endpoint said about TLS by its scheme: nothing, when it has none of these. */
  readonly scheme: '' | 'http' | 'https';
  /** Path of the socket, for an endpoint that begins with `unix:`. */
  readonly socketPath?: string;
}

const SCHEME = /^(https?|dns|passthrough):\/\//i;

/**
 * The host and port of `host:port`, `[ip6]:port` or `:port`.
 *
 * @throws Error in the words of upstream.
 */
export function parseHostPort(text: string, where: string): HostPort {
  const refuse = (rule: string): never => {
    throw new Error(`${where}: must be host:port, ${rule}, got "${text}"`);
  };
  const colon = text.lastIndexOf(':');
  const bracket = text.lastIndexOf(']');
  if (colon < 0 || colon < bracket) return refuse(`address ${text}: missing port in address`);
  const isBracketed = text.startsWith('[') && bracket === colon - 1;
  const host = isBracketed ? text.slice(1, bracket) : text.slice(0, colon);
  if (!isBracketed && host.includes(':')) {
    return refuse(`address ${text}: too many colons in address`);
  }
  const port = text.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) return refuse(`invalid port "${port}"`);
  return { host, port: Number(port) };
}

/**
 * What a gRPC client's endpoint names: `host:port`, `http://…`, `https://…`, `dns:///…`,
 * `unix:///…`.
 *
 * @throws Error when it is none of them.
 */
export function parseClientEndpoint(text: string, where: string): ClientEndpoint {
  const socketPath = /^unix:(?:\/\/(?=\/))?(.+)$/i.exec(text)?.[1];
  // A socket has no name; what gRPC calls it is what its certificate has to hold.
  if (socketPath !== undefined) return { host: 'localhost', port: 0, scheme: '', socketPath };
  const scheme = SCHEME.exec(text)?.[1].toLowerCase();
  if (scheme === undefined) return { ...parseHostPort(text, where), scheme: '' };
  const rest = text.slice(scheme.length + 3);
  if (scheme === 'http' || scheme === 'https') {
    return { ...parseHostPort(rest.replace(/\/$/, ''), where), scheme };
  }
  if (!rest.startsWith('/')) {
    const rule = `must have three slashes after "${scheme}:", as no name server can be given here`;
    throw new Error(`${where}: ${rule}, got "${text}"`);
  }
  const target = rest.slice(1);
  const withPort = /:\d+$|^\[.*\]:|[^\]]:/.test(target) ? target : `${target}:443`;
  return { ...parseHostPort(withPort, where), scheme: '' };
}

/** `host:port` as URLs and headers write it; sockets that are files have no port. */
export function authorityOf(
  { host, port, socketPath }: HostPort & { readonly socketPath?: string },
): string {
  if (socketPath !== undefined) return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * All IP addresses of `host`, IPv4 first.
 *
 * @throws Error when it has none.
 */
export async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    // Looked up through the module at every call: whoever plays a cluster's DNS replaces it there.
    const found = await new Promise<readonly dns.LookupAddress[]>((resolve, reject) => {
      dns.lookup(host, { all: true }, (error, addresses) => {
        if (error) reject(error); else resolve(addresses);
      });
    });
    const sorted = [...found].sort((a, b) => a.family - b.family);
    return [...new Set(sorted.map(({ address }) => address))];
  } catch (error) {
    throw new Error(`host ${host}: must have an address, got ${messageOf(error)}`);
  }
}

/** What to give to a server's `listen`; a name stands for its first address. */
export async function listenOptions(endpoint: HostPort): Promise<{ host?: string; port: number }> {
  const { host, port } = endpoint;
  return host === '' ? { port } : { host: (await addressesOf(host))[0], port };
}
