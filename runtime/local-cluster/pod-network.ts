/**
 * Gives a process the network of a pod from inside: an address, a loopback, cluster DNS.
 *
 * Linux would do this with namespaces, which need privileges. Here three functions of Node.js are
 * replaced before the collector starts; it notices nothing, and neither does its code know of it.
 */
import * as dns from 'node:dns';
import { isIP, Server, Socket } from 'node:net';
import { promisify } from 'node:util';
import { portOnHost } from './address-plan';
import { candidateNames, lookupInCluster, type ResolverSettings } from './cluster-lookup';

/** The network of one pod. */
export interface PodNetwork extends ResolverSettings {
  /** The pod's address, where others reach it and from which it reaches others. */
  readonly address: string;
  /** What only the pod itself reaches: the address behind its `localhost`. */
  readonly loopback: string;
}

/** The variable that carries a pod's network, as JSON, into its process. */
export const POD_NETWORK_VARIABLE = 'OTELGW_POD_NETWORK';

/** Domains in which a pod of `namespace` finds short names. */
export function searchDomains(namespace: string): string[] {
  return [`${namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local'];
}

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '::1']);
const WILDCARD_NAMES = new Set(['', '0.0.0.0', '::']);

interface AddressOptions {
  path?: string | null;
  host?: string;
  port?: number | string;
  localAddress?: string;
}

/** Makes this process a pod with `network`. It cannot be undone. */
export function installPodNetwork(network: PodNetwork): void {
  const loopbackPorts = new Set<number>();
  replaceLookup(network);
  replaceResolver(network);
  replaceListen(network, loopbackPorts);
  replaceConnect(network, loopbackPorts);
}

type LookupCallback = (error: Error | null, ...result: unknown[]) => void;
type Lookup = (name: string, options: unknown, callback: LookupCallback) => void;

function replaceLookup(network: PodNetwork): void {
  const original = dns.lookup as unknown as Lookup;
  const promised = async (name: string, options?: unknown): Promise<unknown> => {
    const addresses = (await lookupInCluster(name, network))
      .map((address) => ({ address, family: 4 }));
    return isForAll(options) ? addresses : addresses[0];
  };
  const lookup = (name: string, options: unknown, callback?: LookupCallback): void => {
    const done = (callback ?? options) as LookupCallback;
    if (isIP(name) !== 0 || LOOPBACK_NAMES.has(name) || name === '') {
      original(name, typeof options === 'function' ? {} : options, done);
      return;
    }
    promised(name, options).then((found) => {
      if (Array.isArray(found)) done(null, found);
      else done(null, ...Object.values(found as object) as unknown[]);
    }, done);
  };
  const originalPromised = dns.promises.lookup as unknown as typeof promised;
  const lookupPromise = (name: string, options?: unknown): Promise<unknown> =>
    isIP(name) !== 0 || LOOPBACK_NAMES.has(name)
      ? originalPromised(name, options) : promised(name, options);
  Object.assign(lookup, { [promisify.custom]: lookupPromise });
  Object.assign(requireDns(), { lookup });
  Object.assign(dns.promises, { lookup: lookupPromise });
}

/** Whoever asks name servers asks cluster DNS, and finds short names as all in a pod does. */
function replaceResolver({ dnsAddress, dnsPort, search }: PodNetwork): void {
  const { Resolver } = dns.promises;
  const firstFound = async <T>(name: string, ask: (name: string) => Promise<T>): Promise<T> => {
    const [first, ...others] = candidateNames(name, search);
    let found = ask(first);
    for (const other of others) found = found.catch(() => ask(other));
    return found;
  };
  class ClusterResolver extends Resolver {
    public constructor(options?: dns.ResolverOptions) {
      super(options);
      this.setServers([`${dnsAddress}:${dnsPort}`]);
      const { resolve4, resolve6 } = this;
      Object.assign(this, {
        resolve4: (name: string, options4: dns.ResolveWithTtlOptions) =>
          firstFound(name, (candidate) => resolve4.call(this, candidate, options4)),
        resolve6: (name: string, options6: dns.ResolveWithTtlOptions) =>
          firstFound(name, (candidate) => resolve6.call(this, candidate, options6)),
      });
    }
  }
  Object.assign(dns.promises, { Resolver: ClusterResolver });
}

/** The module object itself: assigning to an import would change a copy in some module systems. */
function requireDns(): object {
  return process.getBuiltinModule('node:dns');
}

function isForAll(options: unknown): boolean {
  return typeof options === 'object' && (options as { all?: boolean } | null)?.all === true;
}

function replaceListen(network: PodNetwork, loopbackPorts: Set<number>): void {
  const original = Server.prototype.listen as (...args: unknown[]) => Server;
  function listen(this: Server, ...args: unknown[]): Server {
    const options = optionsOf(args);
    if (options === undefined || options.port === undefined) return original.apply(this, args);
    const host = options.host ?? '';
    const onLoopback = LOOPBACK_NAMES.has(host);
    if (onLoopback) loopbackPorts.add(Number(options.port));
    const own = onLoopback ? network.loopback : network.address;
    const rewritten = {
      ...options,
      host: onLoopback || WILDCARD_NAMES.has(host) ? own : host,
      port: portOnHost(Number(options.port)),
    };
    return original.call(this, rewritten, ...args.filter((arg) => typeof arg === 'function'));
  }
  Object.assign(Server.prototype, { listen });
}

function replaceConnect(network: PodNetwork, loopbackPorts: ReadonlySet<number>): void {
  const original = Socket.prototype.connect as (...args: unknown[]) => Socket;
  const rewrite = (options: AddressOptions): AddressOptions => {
    const host = options.host ?? 'localhost';
    const port = Number(options.port);
    if (!LOOPBACK_NAMES.has(host)) {
      return { ...options, port: portOnHost(port), localAddress: network.address };
    }
    const own = loopbackPorts.has(port) ? network.loopback : network.address;
    return { ...options, host: own, port: portOnHost(port), localAddress: own };
  };
  function connect(this: Socket, ...args: unknown[]): Socket {
    // net.connect hands its arguments over as one array that it has marked as normal.
    const normal = Array.isArray(args[0]) ? args[0] as unknown[] : undefined;
    const options = normal === undefined ? optionsOf(args) : normal[0] as AddressOptions;
    const isNetwork = options !== undefined && typeof options.path !== 'string';
    if (!isNetwork) return original.apply(this, args);
    if (isOutside(options.host)) return refuse(this, options.host);
    if (normal !== undefined) {
      normal[0] = rewrite(options);
      return original.apply(this, args);
    }
    const callbacks = args.filter((arg) => typeof arg === 'function');
    return original.call(this, rewrite(options), ...callbacks);
  }
  Object.assign(Socket.prototype, { connect });
}

/** An address that is not of this machine: test traffic must never reach a real backend. */
function isOutside(host: string | undefined): host is string {
  return host !== undefined && isIP(host) !== 0 && !host.startsWith('127.') && host !== '::1';
}

function refuse(socket: Socket, host: string): Socket {
  const error = new Error(`connect ENETUNREACH ${host}: the local cluster has no way outside`);
  process.nextTick(() => socket.destroy(Object.assign(error, { code: 'ENETUNREACH' })));
  return socket;
}

/** The options of `listen` or `connect`, whose first forms are (options) and (port, host). */
function optionsOf(args: readonly unknown[]): AddressOptions | undefined {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null) return first;
  if (typeof first !== 'number' && !/^\d+$/.test(String(first))) return undefined;
  return { port: Number(first), host: typeof second === 'string' ? second : undefined };
}
