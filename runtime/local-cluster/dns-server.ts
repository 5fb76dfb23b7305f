/** Cluster DNS over UDP: answers from the names that Services give, and from nowhere else. */
import { createSocket, type Socket } from 'node:dgram';
import { AUTHORITATIVE_ANSWER, decode, encode, type Answer, type Question } from 'dns-packet';
import { explainListenError } from './address-plan';

/** What stands behind one name. */
export interface NameRecords {
  /** IPv4 addresses. */
  readonly addresses: readonly string[];
  /** Where a named port is served; empty when the name is not one of a port. */
  readonly services?: readonly ServiceLocation[];
}

/** One answer to an SRV question. */
export interface ServiceLocation {
  /** Port number. */
  readonly port: number;
  /** Name of the host that serves it. */
  readonly target: string;
}

/** Finds the records of a name in lower case without the last dot; undefined when there is none. */
export type NameLookup = (name: string) => NameRecords | undefined;

const TTL_SECONDS = 5;
const NXDOMAIN = 3;

/** A DNS server for the names of one cluster. */
export class DnsServer {
  private readonly socket: Socket = createSocket('udp4');
  private readonly lookUp: NameLookup;
  /** What each name was last found to be. */
  private readonly last = new Map<string, NameRecords | undefined>();
  private isOld = false;

  public constructor(lookUp: NameLookup) {
    this.lookUp = lookUp;
    this.socket.on('message', (bytes, peer) => {
      const reply = this.answer(bytes);
      if (reply !== undefined) this.socket.send(reply, peer.port, peer.address);
    });
  }

  /** Listens on `address:port`. */
  public start(address: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(explainListenError(address, port, error));
      this.socket.once('error', failed);
      this.socket.bind(port, address, () => {
        this.socket.off('error', failed);
        this.socket.on('error', () => undefined);
        resolve();
      });
    });
  }

  /** Ends it. */
  public stop(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.close(() => resolve());
    });
  }

  /** From now on, names that were asked for before are what they were, as in a slow cache. */
  public freeze(): void {
    this.isOld = true;
  }

  /** Names are again what they are. */
  public thaw(): void {
    this.isOld = false;
  }

  private find(name: string): NameRecords | undefined {
    if (!this.isOld || !this.last.has(name)) this.last.set(name, this.lookUp(name));
    return this.last.get(name);
  }

  private answer(bytes: Buffer): Uint8Array | undefined {
    try {
      const { id, questions } = decode(bytes);
      const found = (questions ?? []).map((question) => this.recordsFor(question));
      const answers = found.flatMap((records) => records ?? []);
      const flags = AUTHORITATIVE_ANSWER | (found.includes(undefined) ? NXDOMAIN : 0);
      return encode({ type: 'response', id, flags, questions, answers });
    } catch {
      // Bytes that are no DNS message get no answer, as from any server.
      return undefined;
    }
  }

  private recordsFor(question: Question): Answer[] | undefined {
    const { name } = question;
    const records = this.find(name.toLowerCase().replace(/\.$/, ''));
    if (records === undefined) return undefined;
    if (question.type === 'A') {
      return records.addresses.map((data) => ({ type: 'A', name, ttl: TTL_SECONDS, data }));
    }
    if (question.type !== 'SRV') return [];
    return (records.services ?? []).map((data) => ({
      type: 'SRV', name, ttl: TTL_SECONDS, data: { priority: 0, weight: 100, ...data },
    }));
  }
}
