/** Bodies on their way in share one budget, whichever HTTP carries them. */
import { connect, type Socket } from 'net';
import { setImmediate } from 'timers/promises';
import { systemClock } from '../clock';
import { HttpServer } from '../net/http-server';
import { ReceiveBudget } from '../net/http2/receive-window';
import { OK } from '../net/status';
import type { Routes } from '../net/transport';
import { HTTP2S, netContext, useHttp2 } from '../testing/component-context';
import { HTTP_CARRIERS } from '../testing/http-carriers';
import { httpServerSettings } from '../testing/server-settings';

const PATH = '/v1/traces';
const BUDGET = 10_000;
const WHOLE = 6000;
const PART = 4000;
const headers = { 'content-type': 'application/x-protobuf' };
const PLAIN = HTTP_CARRIERS.filter(([, { isSecure }]) => !isSecure);

const ends: (() => unknown)[] = [];

afterEach(async () => {
  useHttp2('own');
  for (const end of ends.splice(0).reverse()) await end();
});

async function serving() {
  const budget = new ReceiveBudget(BUDGET, BUDGET);
  const sizes: number[] = [];
  const routes: Routes = new Map([[PATH, (_arena, _offset, length, _encoding, respond) => {
    sizes.push(length);
    respond(OK);
  }]]);
  const settings = httpServerSettings({ max_request_body_size: 8000 });
  const server = new HttpServer(settings, routes, netContext(systemClock), { budget });
  ends.push(() => server.close(0));
  const port = await server.listen();
  const holds = async (bytes: number): Promise<void> => {
    while (budget.held !== bytes) await setImmediate();
  };
  return { budget, holds, port, sizes };
}

/** A request of which some of the body is still missing. */
function unfinished(port: number): { readonly socket: Socket; readonly answer: Promise<string> } {
  const socket = connect({ port, host: '127.0.0.1' });
  ends.push(() => socket.destroy());
  socket.on('error', () => undefined);
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
  });
  socket.write(`POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n`
    + `Content-Length: ${WHOLE}\r\n\r\n`);
  socket.write(Buffer.alloc(PART));
  return { socket, answer };
}

test.each(PLAIN)('a body over %s that no memory is left for comes again later', async (
  _name, carrier,
) => {
  const { budget, holds, port, sizes } = await serving();
  const held = [unfinished(port), unfinished(port)];
  await holds(2 * PART);
  const request = { port, path: PATH, headers, body: Buffer.alloc(3000) };
  const refused = await carrier.send(request);
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
  expect(refused.body.toString('latin1')).toContain('memory for bodies');
  await holds(2 * PART);
  for (const { answer, socket } of held) {
    socket.write(Buffer.alloc(WHOLE - PART));
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  }
  expect(budget.held).toBe(0);
  expect((await carrier.send(request)).status).toBe(200);
  expect(sizes).toEqual([WHOLE, WHOLE, 3000]);
});

test.each(HTTP2S)('clients that go away give theirs back, beside %s HTTP/2', async (http2) => {
  useHttp2(http2);
  const { holds, port, sizes } = await serving();
  const { socket } = unfinished(port);
  await holds(PART);
  socket.destroy();
  await holds(0);
  const held = [unfinished(port), unfinished(port)];
  await holds(2 * PART);
  // The third is refused, and holds nothing.
  expect(await unfinished(port).answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/i);
  await holds(2 * PART);
  for (const { socket: one } of held) one.destroy();
  await holds(0);
  expect(sizes).toEqual([]);
});

test('a body that is too large gives back what it held', async () => {
  const { holds, port } = await serving();
  const socket = connect({ port, host: '127.0.0.1' });
  ends.push(() => socket.destroy());
  socket.on('error', () => undefined);
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
  });
  socket.write(`POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-protobuf\r\n`
    + 'Transfer-Encoding: chunked\r\n\r\n');
  socket.write(`1770\r\n${'a'.repeat(0x1770)}\r\n`);
  await holds(0x1770);
  socket.write(`1770\r\n${'a'.repeat(0x1770)}\r\n`);
  expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
  await holds(0);
});
