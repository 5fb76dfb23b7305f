/**
 * What it costs in Node.js just to take bytes from sockets and write them to another one, as
 * spans of 565 bytes for each second of CPU time: no collector in Node.js can do more.
 *
 *     npx tsx runtime/bench/relay.ts
 *
 * One core for the relay, another for its sender and receiver. `copied` has every byte copied
 * once, as what must stay is when it came into a buffer that is read into again.
 */
import { createServer, connect, Socket, type AddressInfo } from 'node:net';

import { onCore, start } from './programs';

const SPAN_BYTES = 565;
const CONNECTIONS = 4;
const SECONDS = 4;
const ROWS: readonly (readonly [bytes: number, isCopied: boolean])[] = [
  [16_384, false], [65_536, false], [65_536, true], [262_144, false], [262_144, true],
];

/** Sends as fast as it goes to the port that it reads, and receives what comes back. */
function ends(): void {
  const receiver = createServer((socket) => socket.resume());
  receiver.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${(receiver.address() as AddressInfo).port}\n`);
  });
  process.stdin.once('data', (data: Buffer) => {
    const bytes = Buffer.alloc(262_144, 1);
    for (let i = 0; i < CONNECTIONS; i++) {
      const socket = connect(Number(String(data)), '127.0.0.1');
      const go = (): void => {
        while (socket.write(bytes));
      };
      socket.on('drain', go).on('connect', go).on('error', () => process.exit());
    }
  });
}

/** Relays from new connections to `target`, and counts bytes. */
function relay(target: Socket, bytesPerRead: number, isCopied: boolean): () => number {
  let relayed = 0;
  const shared = Buffer.allocUnsafeSlow(bytesPerRead);
  const spare: Buffer[] = [];
  const server = createServer({ pauseOnConnect: true }, (accepted) => {
    const holder = accepted as unknown as { _handle: unknown };
    const callback = (length: number): boolean => {
      relayed += length;
      const block = isCopied ? spare.pop() ?? Buffer.allocUnsafeSlow(bytesPerRead) : shared;
      if (isCopied) block.set(shared.subarray(0, length));
      return target.write(block.subarray(0, length), () => {
        if (isCopied) spare.push(block);
      });
    };
    const socket = new Socket({
      handle: holder._handle, onread: { buffer: shared, callback },
    } as object);
    holder._handle = null;
    target.on('drain', () => socket.resume());
    socket.resume();
  });
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
  return () => relayed;
}

/** The process that is measured: prints its port, then its figure. */
function measured(port: number, bytesPerRead: number, isCopied: boolean): void {
  const count = relay(connect(port, '127.0.0.1'), bytesPerRead, isCopied);
  setTimeout(() => {
    const cpu = process.cpuUsage();
    const before = count();
    setTimeout(() => {
      const { user, system } = process.cpuUsage(cpu);
      const spans = (count() - before) / SPAN_BYTES;
      process.stdout.write(`${Math.round(spans * 1000 / (user + system))}\n`);
      process.exit();
    }, SECONDS * 1000);
  }, 1000);
}

async function line(from: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve) => {
    from.once('data', (data: Buffer) => resolve(String(data).trim()));
  });
}

async function compare(): Promise<void> {
  const self = [process.execPath, '--import', 'tsx', __filename];
  for (const [bytes, isCopied] of ROWS) {
    const other = start(onCore(1, [...self, 'ends']));
    const receiver = await line(other.stdout as NodeJS.ReadableStream);
    const one = start(onCore(0, [...self, receiver, String(bytes), isCopied ? 'copied' : '']));
    other.stdin?.write(await line(one.stdout as NodeJS.ReadableStream));
    const figure = await line(one.stdout as NodeJS.ReadableStream);
    console.log(`${bytes} bytes a read${isCopied ? ', copied' : ''}: ${figure} k spans/CPU-s`);
    other.kill('SIGKILL');
  }
  process.exit();
}

if (process.argv[2] === 'ends') {ends();} else if (process.argv.length > 3) {
  measured(Number(process.argv[2]), Number(process.argv[3]), process.argv[4] === 'copied');
} else {
  void compare();
}
