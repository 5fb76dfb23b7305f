/** A name server on loopback: every name has the addresses that a test wants. */
import { createSocket, type Socket } from 'dgram';
import type { AddressInfo } from 'net';

const HEADER_BYTES = 12;
const TYPE_A = 1;
const NO_ERROR = 0x8580;

/** Answers questions for addresses; of IPv6 there are none. */
export class NameServer {
  private readonly socket: Socket = createSocket('udp4');

  public constructor(
    /** IPv4 addresses of every name. */
    public addresses: readonly string[],
  ) {
    this.socket.on('message', (question, sender) => {
      this.socket.send(this.answer(question), sender.port, sender.address);
    });
  }

  /** Begins to answer, on the port that this gives. */
  public listen(): Promise<number> {
    return new Promise((resolve) => this.socket.bind(0, '127.0.0.1', () =>
      resolve((this.socket.address() as AddressInfo).port)));
  }

  /** Stops to answer. */
  public close(): void {
    this.socket.close();
  }

  private answer(question: Buffer): Buffer {
    const end = question.indexOf(0, HEADER_BYTES) + 5;
    const isAddress = question.readUInt16BE(end - 4) === TYPE_A;
    const addresses = isAddress ? this.addresses : [];
    const header = Buffer.from(question.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(NO_ERROR, 2);
    header.writeUInt16BE(addresses.length, 6);
    header.fill(0, 8);
    const records = addresses.map((address) => Buffer.from([
      0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number),
    ]));
    return Buffer.concat([header, question.subarray(HEADER_BYTES, end), ...records]);
  }
}
