/** Proxies of HTTP: which one stands before a host, by the rules of Go, and how it is used. */
import * as http from 'http';
import * as https from 'https';
import { BlockList, isIP, type Socket } from 'net';
import type { Environment } from '../config';
import { authorityOf } from './endpoint';

const CONNECT_MS = 30_000;

/**
 * The proxy for requests to `url`: the given one, or the one that HTTP_PROXY, HTTPS_PROXY and
 * NO_PROXY (or their lower-case twins) name; none for this machine.
 *
 * @throws Error when a variable names no proxy.
 */
export function proxyFor(url: URL, given: string, env: Environment): URL | undefined {
  if (given !== '') return new URL(given);
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = variable(env, name);
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (proxy === '' || isLocal(host) || isExempt(host, port, variable(env, 'NO_PROXY'))) {
    return undefined;
  }
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  if (/^https?:\/\/[^/]/i.test(address) && URL.canParse(address)) return new URL(address);
  // It may hold a password, so it is not shown.
  throw new Error(`${name}: must be a URL such as http://host:3128`);
}

/** Requests in plain text go to the proxy as they are, with the whole URL in their first line. */
export class ProxyAgent extends http.Agent {
  public constructor(options: http.AgentOptions, private readonly proxy: URL) {
    super(options);
  }

  /** Node.js calls it for every request, before a connection is chosen. */
  public addRequest(request: http.ClientRequest, options: http.RequestOptions): void {
    const target = authorityOf({ host: options.host ?? '', port: Number(options.port) });
    request.path = `http://${target}${request.path}`;
    for (const [name, value] of Object.entries(authorization(this.proxy))) {
      request.setHeader(name, value);
    }
    addRequest.call(this, request, { ...options, ...addressOf(this.proxy) });
  }
}

/** Node.js has it, and its types do not say so. */
const { addRequest } = http.Agent.prototype as unknown as {
  readonly addRequest: ProxyAgent['addRequest'];
};

/** A connection to `target` (`host:port`) that `proxy` makes. */
export function tunnelThrough(
  proxy: URL, target: string, done: (error: Error | undefined, socket?: Socket) => void,
): void {
  const failed = (reason: string): void => done(new Error(`proxy ${proxy.host}: ${reason}`));
  const module = proxy.protocol === 'https:' ? https : http;
  const request = module.request({
    ...addressOf(proxy),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...authorization(proxy) },
    agent: false,
    timeout: CONNECT_MS,
  });
  request.once('connect', ({ statusCode, statusMessage }, socket: Socket) => {
    socket.setTimeout(0);
    if (statusCode === 200) {
      done(undefined, socket);
      return;
    }
    socket.destroy();
    failed(`must connect to ${target}, answered ${statusCode} ${statusMessage}`);
  });
  request.once('timeout', () => request.destroy(new Error(`no answer in ${CONNECT_MS} ms`)));
  request.once('error', (error) => failed(error.message));
  request.end();
}

function addressOf({ hostname, port, protocol }: URL): { host: string; port: number } {
  const usual = protocol === 'https:' ? 443 : 80;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usual };
}

/** The header of this name that shows what a URL knows of its user; none when it knows nothing. */
export function authorization(
  { username, password }: URL, name = 'proxy-authorization',
): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { [name]: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function variable(env: Environment, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

function isLocal(host: string): boolean {
  return host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || host === '::1';
}

/** Whether one of the names, addresses and networks of NO_PROXY is that of the host. */
function isExempt(host: string, port: string, list: string): boolean {
  return list.split(',').map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry === '*' || (entry !== '' && exempts(entry, host, port)));
}

function exempts(entry: string, host: string, port: string): boolean {
  const network = /^([^/]+)\/(\d+)$/.exec(entry);
  if (network !== null) return isInside(host, network[1], Number(network[2]));
  if (isIP(entry) !== 0) return isInside(host, entry, isIP(entry) === 4 ? 32 : 128);
  const [, name, only] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (only !== undefined && only !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return isInside(host, bare, isIP(bare) === 4 ? 32 : 128);
  const suffix = bare.replace(/^\*/, '');
  // A leading dot stands for what is below the name only.
  return suffix.startsWith('.') ? host.endsWith(suffix)
    : host === suffix || host.endsWith(`.${suffix}`);
}

function isInside(host: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(host, type);
}
