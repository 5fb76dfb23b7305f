/**
 * Asks name servers for the addresses of a name and for how long they hold.
 *
 * ```
 *   name ─► names to try (resolv.conf) ─► A and AAAA, over UDP, over TCP what is too large for it
 *             │ none of them exists                │ one of the two is not answered
 *             └► as the machine looks names up     └► the other holds; of this nothing is known
 * ```
 *
 * The machine's own way (`getaddrinfo`) tells no time to live, cannot be called off and keeps one
 * of few threads busy, so that it comes last: for names in `/etc/hosts`, or without name servers.
 */
import dns from 'dns';
import type { LookupAddress, RecordWithTtl } from 'dns';
import { readFile } from 'fs/promises';
import { isIP } from 'net';
import { candidateNames } from './search-names';

/** Family of an address. */
export type Family = 4 | 6;

/** What is known of a name. */
export interface NamedAddresses {
  /** Its addresses. */
  readonly addresses: readonly LookupAddress[];
  /** Families that nobody answered for, though the other one was. */
  readonly unanswered: readonly Family[];
  /** Time in milliseconds for which this holds; undefined when nobody says. */
  readonly ttlMs?: number;
  /** The same by family: a cache asks for each by itself. */
  readonly ttlMsOf?: Readonly<Partial<Record<Family, number>>>;
}

/** Finds the addresses of names. */
export interface NameClient {
  /**
   * All addresses of `hostname`. A second question while one is open may share its answer.
   *
   * @throws Error when there are none, or nobody says.
   */
  ask(hostname: string): Promise<NamedAddresses>;
  /** Breaks off what is under way. */
  cancel(): void;
}

/** How name servers are asked. */
export interface NameServersOptions {
  /** Longest time of one question in milliseconds; half of it goes by before it is repeated. */
  readonly timeoutMs: number;
  /** Addresses of name servers, with ports; the machine's when left out. */
  readonly servers?: readonly string[];
  /** Reads how short names are made longer. */
  readonly readResolvConf?: () => Promise<string>;
  /** The machine's own way. */
  readonly lookup?: (hostname: string) => Promise<readonly LookupAddress[]>;
}

const TRIES = 2;
const LEAST_TRY_MS = 50;
/** Codes that say that there is no such address, not that nobody knows. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);
/** Nobody listens where a name server should be. */
const NO_SERVER = 'ECONNREFUSED';

/** What was said of one family. */
interface Outcome {
  readonly family: Family;
  readonly records: readonly RecordWithTtl[];
  /** Why there are none. */
  readonly failure?: unknown;
}

/** Asks the machine's name servers. */
export class NameServers implements NameClient {
  private resolver?: dns.promises.Resolver;
  /** The name that was found last, which is asked for alone. */
  private known?: string;
  private lookingUp?: Promise<readonly LookupAddress[]>;

  public constructor(private readonly options: NameServersOptions) {}

  public async ask(hostname: string): Promise<NamedAddresses> {
    if (isIP(hostname) !== 0) return this.lookUp(hostname);
    let failure: unknown;
    for (const name of await this.names(hostname)) {
      const outcomes = await this.askFor(name);
      if (outcomes.some(({ records }) => records.length > 0)) {
        this.known = name;
        return together(outcomes);
      }
      failure ??= outcomes.find(isUnanswered)?.failure;
      // Where it was last it still is: no answer is no reason to look elsewhere.
      if (failure !== undefined && this.known !== undefined) break;
    }
    if (failure !== undefined) this.resolver = undefined;
    if (failure !== undefined && codeOf(failure) !== NO_SERVER) throw failure;
    this.known = undefined;
    return this.lookUp(hostname);
  }

  public cancel(): void {
    this.resolver?.cancel();
    this.resolver = undefined;
  }

  private async names(hostname: string): Promise<string[]> {
    const read = this.options.readResolvConf ?? (() => readFile('/etc/resolv.conf', 'utf8'));
    const names = candidateNames(hostname, await read().catch(() => ''));
    const { known } = this;
    return known === undefined ? names : [known, ...names.filter((name) => name !== known)];
  }

  private askFor(name: string): Promise<Outcome[]> {
    const resolver = this.resolver ??= this.makeResolver();
    return Promise.all([
      outcomeOf(4, resolver.resolve4(name, { ttl: true })),
      outcomeOf(6, resolver.resolve6(name, { ttl: true })),
    ]);
  }

  private makeResolver(): dns.promises.Resolver {
    const { servers, timeoutMs } = this.options;
    const timeout = Math.max(LEAST_TRY_MS, Math.floor(timeoutMs / TRIES));
    // Through the module object, so that whoever plays a cluster on one machine can stand in.
    const resolver = new dns.promises.Resolver({ timeout, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    return resolver;
  }

  private async lookUp(hostname: string): Promise<NamedAddresses> {
    const { lookup = lookUpAll } = this.options;
    // One at a time: it cannot be called off.
    this.lookingUp ??= lookup(hostname).finally(() => { this.lookingUp = undefined; });
    return { addresses: await this.lookingUp, unanswered: [] };
  }
}

function outcomeOf(
  family: Family, asked: Promise<readonly RecordWithTtl[]>,
): Promise<Outcome> {
  return asked.then(
    (records) => ({ family, records }), (failure: unknown) => ({ family, records: [], failure }));
}

function together(outcomes: readonly Outcome[]): NamedAddresses {
  const ttlMsOf: Partial<Record<Family, number>> = {};
  for (const { family, records } of outcomes) {
    if (records.length > 0) ttlMsOf[family] = 1000 * Math.min(...records.map(({ ttl }) => ttl));
  }
  return {
    addresses: outcomes.flatMap(({ family, records }) =>
      records.map(({ address }) => ({ address, family }))),
    unanswered: outcomes.filter(isUnanswered).map(({ family }) => family),
    ttlMs: Math.min(...Object.values(ttlMsOf)),
    ttlMsOf,
  };
}

/** Whether this says that a name has no address, not that nobody knows. */
export function saysAbsent(failure: unknown): boolean {
  return ABSENT.has(codeOf(failure));
}

/** Whether nobody said if there are such addresses. */
function isUnanswered({ failure }: Outcome): boolean {
  return failure !== undefined && !saysAbsent(failure);
}

function codeOf(failure: unknown): string {
  return String((failure as { readonly code?: string } | undefined)?.code);
}

/** All A and AAAA addresses, as the machine resolves them. */
function lookUpAll(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(hostname, { all: true }, (error, addresses) => {
      if (error === null || error === undefined) resolve(addresses);
      else reject(error);
    });
  });
}
