/** A connection over a socket that a test holds: who does not read is not read either. */
import type { Socket } from 'net';
import { Duplex } from 'stream';
import { rawFrame } from '../../testing/raw-http2';
import { FakeClock } from '../../testing/fake-clock';
import { Http2Connection, type ConnectionOwner } from './connection';
import { PREFACE } from './frames';
import { ReceiveBudget } from './receive-window';
import { defaultSettings } from './settings';

const PING = 6;
const ACK = 1;
const MOST_PENDING = 10_000;

function setUp() {
  const written: Buffer[] = [];
  let go: (() => void) | undefined;
  let isStuck = false;
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(Buffer.from(chunk));
      if (isStuck) go = done; else done();
    },
  }) as Socket;
  const owner: ConnectionOwner = {
    opened: () => 0,
    settled: () => undefined,
    pinged: () => undefined,
    answered: () => undefined,
    leaving: () => undefined,
    strange: () => undefined,
    idle: () => undefined,
    ended: () => undefined,
  };
  const connection = new Http2Connection({
    socket,
    isServer: true,
    settings: defaultSettings(),
    windowBytes: 65_535,
    budget: new ReceiveBudget(1e6, 1e6),
    maxPendingBytes: MOST_PENDING,
    clock: new FakeClock(),
  }, owner);
  const push = (bytes: Uint8Array): void => connection.push(bytes, 0, bytes.length);
  push(Buffer.concat([PREFACE, rawFrame(4, 0, 0)]));
  return {
    connection, socket, push,
    pongs: () => countPongs(Buffer.concat(written)),
    stick: () => { isStuck = true; },
    unstick: () => {
      isStuck = false;
      go?.();
    },
  };
}

function countPongs(bytes: Buffer): number {
  let pongs = 0;
  for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes[at + 3] === PING && bytes[at + 4] === ACK) pongs++;
  }
  return pongs;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a peer that does not read its answers is not read, until it does', async () => {
  const { connection, pongs, push, socket, stick, unstick } = setUp();
  await turn();
  socket.resume();
  stick();
  const ping = rawFrame(PING, 0, 0, Buffer.alloc(8));
  let sent = 0;
  while (!socket.isPaused() && sent < 5000) {
    push(ping);
    sent++;
    if (sent % 10 === 0) await turn();
  }
  expect(socket.isPaused()).toBe(true);
  expect(connection.outbox.pendingBytes).toBeLessThan(2 * MOST_PENDING);
  unstick();
  await turn();
  await turn();
  expect([socket.isPaused(), pongs(), connection.outbox.pendingBytes]).toEqual([false, sent, 0]);
});

test('many answers go out in one write in each turn of the event loop', async () => {
  const { push, socket } = setUp();
  await turn();
  const writes = jest.spyOn(socket, 'write');
  for (let i = 0; i < 100; i++) push(rawFrame(PING, 0, 0, Buffer.alloc(8)));
  await turn();
  expect(writes).toHaveBeenCalledTimes(1);
});

test('what cannot be written any more is forgotten', async () => {
  const { connection, push, stick } = setUp();
  await turn();
  stick();
  push(rawFrame(PING, 0, 0, Buffer.alloc(8)));
  connection.destroy();
  await turn();
  expect(connection.outbox.pendingBytes).toBe(0);
});
