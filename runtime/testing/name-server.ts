/**
 * A DNS server for tests, over UDP and TCP on one port of loopback. Its messages are those of
 * `dns-packet`; which names there are, and how badly it answers, a test says.
 */
import { createSocket, type Socket as UdpSocket } from 'dgram';
import { createServer, type AddressInfo, type Server, type Socket } from 'net';
import {
  AUTHORITATIVE_ANSWER, decode, encode, streamDecode, streamEncode, TRUNCATED_RESPONSE,
  type Answer, type Packet, type Question,
} from 'dns-packet';

/** How a question is answered: with records, with a code of an error, badly, or not at all. */
export type Reply = readonly Answer[] | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'broken' | 'silence';

/** Answers `question`. */
export type Zone = (question: Question) => Reply;

const CODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
/** Without EDNS no answer over UDP may be larger. */
const UDP_BYTES = 512;

/** Records of addresses of one family. */
export function addressRecords(
  name: string, addresses: readonly string[], ttl: number,
): Answer[] {
  return addresses.map((data) => ({ type: data.includes(':') ? 'AAAA' : 'A', name, ttl, data }));
}

/** A name server. */
export class NameServer {
  /** What was asked: `udp A name`. */
  public readonly asked: string[] = [];
  private readonly udp: UdpSocket = createSocket('udp4');
  private readonly tcp: Server;
  private readonly sockets = new Set<Socket>();
  private host = '127.0.0.1';
  private port = 0;

  public constructor(public zone: Zone) {
    this.udp.on('message', (bytes, peer) => {
      const reply = this.reply('udp', bytes);
      if (reply !== undefined) this.udp.send(reply, peer.port, peer.address);
    });
    this.tcp = createServer((socket) => this.serve(socket));
  }

  /** Address and port, as `setServers` takes them. */
  public get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** Listens on a port that is free for both; or on `port`, which must be. */
  public async start(host = '127.0.0.1', port = 0): Promise<void> {
    this.host = host;
    for (;;) {
      await new Promise<void>((resolve, reject) => {
        this.tcp.once('error', reject);
        this.tcp.listen(port, host, resolve);
      });
      this.port = (this.tcp.address() as AddressInfo).port;
      const isFree = await new Promise<boolean>((resolve) => {
        this.udp.once('error', () => resolve(false));
        this.udp.bind(this.port, host, () => resolve(true));
      });
      if (isFree) return;
      await new Promise((resolve) => this.tcp.close(resolve));
      if (port !== 0) throw new Error(`${host}:${port}: must be free for UDP, and is not`);
    }
  }

  /** Ends it. */
  public async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.tcp.close(resolve));
    await new Promise<void>((resolve) => this.udp.close(() => resolve()));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
        const whole = bytes.subarray(0, 2 + bytes.readUInt16BE(0));
        bytes = bytes.subarray(whole.length);
        const reply = this.reply('tcp', whole);
        if (reply !== undefined) socket.write(reply);
      }
    });
  }

  private reply(way: 'udp' | 'tcp', bytes: Buffer): Buffer | undefined {
    const { id, questions = [] } = way === 'tcp' ? streamDecode(bytes) : decode(bytes);
    const [question] = questions;
    this.asked.push(`${way} ${question.type} ${question.name}`);
    const reply = this.zone(question);
    if (reply === 'silence') return undefined;
    const isCode = typeof reply === 'string' && reply !== 'broken';
    const answer: Packet = {
      type: 'response',
      id,
      flags: AUTHORITATIVE_ANSWER | (isCode ? CODES[reply] : 0),
      questions,
      answers: typeof reply === 'string' ? [] : [...reply],
    };
    if (way === 'tcp') return streamEncode(answer);
    // The header says that there are answers, and none follow.
    if (reply === 'broken') return Buffer.concat([encode(answer).fill(9, 7, 8), Buffer.of(255)]);
    const encoded = encode(answer);
    if (encoded.length <= UDP_BYTES) return encoded;
    return encode({ ...answer, flags: TRUNCATED_RESPONSE, answers: answer.answers?.slice(0, 3) });
  }
}
