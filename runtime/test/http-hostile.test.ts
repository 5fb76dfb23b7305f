/** Clients that break the rules of HTTP/1.1 are answered or cut, and the server goes on. */
import { connect, type Socket } from 'net';
import { systemClock } from '../clock';
import { HttpServer } from '../net/http-server';
import { OK } from '../net/status';
import type { OnMessage, Routes } from '../net/transport';
import { netContext } from '../testing/component-context';
import { HTTP_CARRIERS } from '../testing/http-carriers';
import { RecordingLogger } from '../testing/recording-logger';
import { httpServerSettings } from '../testing/server-settings';

const LIMIT = 4096;
const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
const HTTP1 = HTTP_CARRIERS[0][1];

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serving(yaml: object = {}, maxConnections?: number) {
  const log = new RecordingLogger();
  const bodies: string[] = [];
  const take: OnMessage = (arena, offset, length, _encoding, respond) => {
    bodies.push(Buffer.from(arena).toString('latin1', offset, offset + length));
    respond(OK);
  };
  const routes: Routes = new Map([['/v1/traces', take]]);
  const settings = httpServerSettings({ max_request_body_size: LIMIT, ...yaml });
  const context = { ...netContext(systemClock), log };
  const server = new HttpServer(settings, routes, context, { maxConnections });
  ends.push(() => server.close(0));
  const port = await server.listen();
  const goesOn = async (): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await HTTP1.send(
      { port, path: '/v1/traces', headers, body: Buffer.from('{"other":1}') });
    expect(answer.status).toBe(200);
  };
  return { bodies, goesOn, log, port };
}

interface Client {
  readonly socket: Socket;
  /** All that the server said until it ended the connection. */
  readonly said: Promise<string>;
}

async function client(port: number): Promise<Client> {
  const socket = connect({ port, host: '127.0.0.1' });
  ends.push(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1'); });
  socket.on('error', () => undefined);
  const said = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, said };
}

async function answerTo(port: number, ...pieces: readonly string[]): Promise<string> {
  const { said, socket } = await client(port);
  for (const piece of pieces) socket.write(piece, 'latin1');
  return said;
}

test.each([
  ['says nothing', [], /^$/], ['says what HTTP/2 begins with', ['PR'], /^$/],
  ['says half of a method', ['PO'], /^HTTP\/1.1 408 /],
])('a client that %s is cut', async (_what, pieces, said) => {
  const { goesOn, port } = await serving({ read_header_timeout: '100ms' });
  expect(await answerTo(port, ...pieces)).toMatch(said);
  await goesOn();
});

test('a client that sends a header again and again, and no end of them, is cut', async () => {
  const { goesOn, port } = await serving({ read_header_timeout: '200ms' });
  const { said, socket } = await client(port);
  socket.write(HEAD);
  const dribble = setInterval(() => socket.write('a: b\r\n'), 20);
  expect(await said).toMatch(/^HTTP\/1.1 408 /);
  clearInterval(dribble);
  await goesOn();
});

test('a client that sends its body byte by byte, and not to its end, is cut', async () => {
  const { bodies, goesOn, port } = await serving({ read_timeout: '200ms' });
  const { said, socket } = await client(port);
  socket.write(`${HEAD}Content-Length: 4000\r\n\r\n`);
  const dribble = setInterval(() => socket.write('a'), 20);
  expect(await said).toMatch(/^HTTP\/1.1 408 /);
  clearInterval(dribble);
  expect(bodies).toEqual([]);
  await goesOn();
});

test('a body in chunks without an end is refused at the limit, and its sender cut', async () => {
  const { bodies, goesOn, port } = await serving();
  const { said, socket } = await client(port);
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
  const more = '1\r\na\r\n'.repeat(1000);
  const send = (): void => {
    while (socket.writable && socket.write(more));
    if (socket.writable) socket.once('drain', send);
  };
  send();
  expect(await said).toMatch(/^HTTP\/1.1 400 [^]*request body too large/);
  expect(bodies).toEqual([]);
  await goesOn();
});

test('headers beyond the limit are answered with 431', async () => {
  const { goesOn, port } = await serving();
  const flood = Array.from({ length: 1000 }, (_, i) => `x-${i}: ${'y'.repeat(30)}\r\n`);
  expect(await answerTo(port, HEAD, ...flood)).toMatch(/^HTTP\/1.1 431 /);
  await goesOn();
});

test.each([
  ['both a length and chunks', `${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`
    + '3\r\nabc\r\n0\r\n\r\n'],
  ['two lengths', `${HEAD}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
  ['a length that is no number', `${HEAD}Content-Length: +3\r\n\r\nabc`],
  ['chunks that are not the last encoding', `${HEAD}Transfer-Encoding: chunked, gzip\r\n\r\n`],
  ['a space in the name of a header', `${HEAD}a b: c\r\n\r\n`],
])('a request with %s is refused', async (_what, text) => {
  const { bodies, goesOn, port } = await serving();
  expect(await answerTo(port, text)).toMatch(/HTTP\/1.1 400 /);
  expect(bodies).toEqual([]);
  await goesOn();
});

test('requests that do not wait for each other are answered in their order', async () => {
  const { bodies, port } = await serving();
  const one = (i: number): string => `${HEAD}Content-Length: 1\r\n\r\n${i}`;
  const missing = 'GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const said = await answerTo(port, one(1) + one(2) + one(3) + missing);
  expect(said.match(/HTTP\/1.1 \d+/g)).toEqual(
    ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
  expect(bodies).toEqual(['1', '2', '3']);
});

test('a request whose first bytes come one by one is taken', async () => {
  const { bodies, port } = await serving();
  const { said, socket } = await client(port);
  socket.setNoDelay(true);
  for (const byte of `${HEAD}Connection: close\r\nContent-Length: 1\r\n\r\n7`) {
    await new Promise((resolve) => socket.write(byte, resolve));
  }
  expect(await said).toMatch(/^HTTP\/1.1 200 /);
  expect(bodies).toEqual(['7']);
});

test('connections beyond the limit are refused, which is told once', async () => {
  const { goesOn, log, port } = await serving({}, 2);
  const [first, second] = [await client(port), await client(port)];
  expect(await (await client(port)).said).toBe('');
  expect(await (await client(port)).said).toBe('');
  expect(log.lines.map(({ fields, message }) => [message, fields?.error])).toEqual(
    [['Connections are refused.', '2 connections are open']]);
  expect(first.socket.destroyed || second.socket.destroyed).toBe(false);
  first.socket.destroy();
  await first.said;
  second.socket.end(`${HEAD}Connection: close\r\nContent-Length: 1\r\n\r\n7`);
  expect(await second.said).toMatch(/^HTTP\/1.1 200 /);
  await goesOn();
});
