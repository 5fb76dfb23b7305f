/** HPACK with the one of nghttp2, which `node:http2` uses, at the other end of a connection. */
import { once } from 'events';
import { ClientHttp2Session, connect, OutgoingHttpHeaders } from 'http2';
import { Duplex } from 'stream';
import { HpackDecoder } from '../net/http2/hpack-decoder';
import { HpackEncoder } from '../net/http2/hpack-encoder';
import { randomFrom } from '../testing/mutant';

type Field = [name: string, value: string];

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FRAME_HEADER = 9;
const HEADERS = 1;
const SETTINGS = 4;
const CONTINUATION = 9;
const ACK = 1;
const END_STREAM = 1;
const END_HEADERS = 4;
const HEADER_TABLE_SIZE = 1;

/** One end of a connection in memory; the other is `peer`. */
class Wire extends Duplex {
  public peer!: Wire;

  public _read(): void {}

  public _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.peer.push(chunk);
    done();
  }

  public _final(done: () => void): void {
    this.peer.push(null);
    done();
  }
}

/** A server that answers each request with what `answer` says, and keeps what it was asked. */
class HeaderServer {
  public readonly requests: Field[][] = [];
  public answer: Field[] = [];
  private readonly decoder = new HpackDecoder({
    maxTableBytes: 4096, maxListBytes: 100_000, maxFields: 200,
  });
  private readonly encoder = new HpackEncoder();
  private readonly wire = new Wire();
  private readonly toldTableBytes: number[] = [];
  private waiting = Buffer.alloc(0);
  private block = Buffer.alloc(0);
  private isPastPreface = false;
  private acknowledged = 0;

  /** A client whose other end this is. */
  public connect(): ClientHttp2Session {
    const clientEnd = new Wire();
    clientEnd.peer = this.wire;
    this.wire.peer = clientEnd;
    this.wire.on('data', (chunk: Buffer) => this.take(chunk));
    this.send(SETTINGS, 0, 0, Buffer.alloc(0));
    return connect('http://in.memory', { createConnection: () => clientEnd });
  }

  /** Tells the client how large its table may be. */
  public setTableBytes(bytes: number): void {
    const setting = Buffer.alloc(6);
    setting.writeUInt16BE(HEADER_TABLE_SIZE);
    setting.writeUInt32BE(bytes, 2);
    this.toldTableBytes.push(bytes);
    this.send(SETTINGS, 0, 0, setting);
  }

  private take(chunk: Buffer): void {
    this.waiting = Buffer.concat([this.waiting, chunk]);
    if (!this.isPastPreface) {
      if (this.waiting.length < PREFACE.length) return;
      expect(this.waiting.toString('latin1', 0, PREFACE.length)).toBe(PREFACE);
      this.waiting = this.waiting.subarray(PREFACE.length);
      this.isPastPreface = true;
    }
    while (this.waiting.length >= FRAME_HEADER) {
      const end = FRAME_HEADER + this.waiting.readUIntBE(0, 3);
      if (this.waiting.length < end) return;
      const frame = this.waiting.subarray(0, end);
      this.waiting = this.waiting.subarray(end);
      this.takeFrame(frame[3], frame[4], frame.readUInt32BE(5), frame.subarray(FRAME_HEADER));
    }
  }

  private takeFrame(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === SETTINGS && (flags & ACK) !== 0) {
      // The first acknowledgement is for the settings of `connect`, which say nothing.
      const bytes = this.acknowledged++ === 0 ? undefined : this.toldTableBytes.shift();
      if (bytes !== undefined) this.decoder.setMaxTableBytes(bytes);
    } else if (type === SETTINGS) {
      for (let at = 0; at < payload.length; at += 6) {
        if (payload.readUInt16BE(at) !== HEADER_TABLE_SIZE) continue;
        this.encoder.setMaxTableBytes(payload.readUInt32BE(at + 2));
      }
      this.send(SETTINGS, ACK, 0, Buffer.alloc(0));
    } else if (type === HEADERS || type === CONTINUATION) {
      const skipped = type === HEADERS && (flags & 0x20) !== 0 ? 5 : 0;
      this.block = Buffer.concat([this.block, payload.subarray(skipped)]);
      if ((flags & END_HEADERS) !== 0) this.takeBlock(stream);
    }
  }

  private takeBlock(stream: number): void {
    const fields: Field[] = [];
    const { block } = this;
    this.block = Buffer.alloc(0);
    const isWithin = this.decoder.decode(block, 0, block.length, (name, value) => {
      fields.push([name, value]);
    });
    expect(isWithin).toBe(true);
    this.requests.push(fields);
    const answer = this.encoder.encode(this.answer);
    this.send(HEADERS, END_STREAM | END_HEADERS, stream, answer);
  }

  private send(type: number, flags: number, stream: number, payload: Uint8Array): void {
    const frame = Buffer.alloc(FRAME_HEADER + payload.length);
    frame.writeUIntBE(payload.length, 0, 3);
    frame[3] = type;
    frame[4] = flags;
    frame.writeUInt32BE(stream, 5);
    frame.set(payload, FRAME_HEADER);
    this.wire.write(frame);
  }
}

const NAMES = ['authorization', 'cookie', 'content-type', 'grpc-timeout', 'user-agent', 'etag',
  'x-a', 'x-b', 'x-long-name-that-is-coded', '~', 'via', 'date', 'x-c', 'x-d', 'server', 'x-e'];
const TEXTS = ['', '0', 'application/grpc', 'trailers', 'a longer text with spaces', '~{}|^%`',
  '5000000u', 'Bearer abc.def', '"quoted", and more', '\x7e\x21 <>[]'];

/** Fields of different names: often the same values, sometimes new ones, seldom long ones. */
function randomFields(random: (below: number) => number): Field[] {
  return NAMES.filter(() => random(3) === 0).map((name) => [name, randomValue(random)]);
}

function randomValue(random: (below: number) => number): string {
  switch (random(8)) {
    case 0: return String(random(1e9));
    case 1: return Buffer.from(TEXTS[random(TEXTS.length)]).toString('base64').repeat(random(60));
    default: return TEXTS[random(TEXTS.length)];
  }
}

async function exchange(client: ClientHttp2Session, fields: Field[]): Promise<Field[]> {
  const headers: OutgoingHttpHeaders = Object.fromEntries(fields);
  const request = client.request(headers, { endStream: true });
  const [, , raw] = await once(request, 'response') as [unknown, unknown, string[]];
  request.close();
  const answered: Field[] = [];
  for (let i = 0; i < raw.length; i += 2) answered.push([raw[i], raw[i + 1]]);
  return answered;
}

const START: Field[] = [
  [':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'in.memory'],
];

it.each([1, 2, 3, 4])('random lists arrive both ways, whatever the tables hold (seed %i)',
  async (seed) => {
    const random = randomFrom(seed);
    const server = new HeaderServer();
    const client = server.connect();
    const sent: Field[][] = [];
    try {
      for (let round = 0; round < 300; round++) {
        if (random(10) === 0) server.setTableBytes(random(3) * random(3000));
        if (random(10) === 0) client.settings({ headerTableSize: random(3) * random(3000) });
        const fields = [...START, ...randomFields(random)];
        server.answer = [[':status', '200'], ...randomFields(random)];
        sent.push(fields);
        expect(await exchange(client, fields)).toEqual(server.answer);
      }
      expect(server.requests).toEqual(sent);
    } finally {
      client.destroy();
    }
  }, 30_000);

it('the same list arrives again and again, and between others', async () => {
  const server = new HeaderServer();
  const client = server.connect();
  const sent: Field[][] = [];
  try {
    for (let round = 0; round < 60; round++) {
      const fields: Field[] = [...START, ['te', 'trailers'],
        ...(round % 20 < 10 ? [] : [['grpc-timeout', `${round}m`] as Field])];
      server.answer = [[':status', '200'], ['content-type', 'application/grpc'],
        ...(round % 30 < 20 ? [] : [['grpc-message', `no. ${round}`] as Field])];
      sent.push(fields);
      expect(await exchange(client, fields)).toEqual(server.answer);
    }
    expect(server.requests).toEqual(sent);
  } finally {
    client.destroy();
  }
});
