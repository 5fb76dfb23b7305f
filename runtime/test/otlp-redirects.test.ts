/** What the HTTP exporter does when it is sent elsewhere, and with cookies. */
import { readFileSync } from 'fs';
import * as http from 'http';
import * as https from 'https';
import type { AddressInfo } from 'net';
import { PermanentError, RetryableError } from '../errors';
import { loopbackExporter } from '../testing/otlp-loopback';
import { samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

const ends: (() => unknown)[] = [];
const ONE = samplePayload('traces', 1);

let certificates: TestCertificates;

beforeAll(() => { certificates = makeTestCertificates(); }, 60_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => certificates.remove());

interface Seen {
  readonly method?: string;
  readonly path?: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

type Answer = (request: Seen, response: http.ServerResponse) => void;

/** A server of Node.js, and what came to it. */
async function serving(answer: Answer, tls?: https.ServerOptions) {
  const seen: Seen[] = [];
  const listener: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url: path, headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks) };
      seen.push(one);
      answer(one, response);
    });
  };
  const server = tls === undefined
    ? http.createServer(listener) : https.createServer(tls, listener);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  ends.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { seen, port: (server.address() as AddressInfo).port };
}

function goTo(status: number, location: string): Answer {
  return (_request, response) => response.writeHead(status, { location }).end();
}

const taken: Answer = (_request, response) => response.writeHead(200).end();

/** What becomes of one request. */
async function outcome(port: number, yaml: object = {}, scheme = 'http'): Promise<unknown> {
  const { exporter } = loopbackExporter('otlp_http', {
    endpoint: `${scheme}://127.0.0.1:${port}`,
    compression: 'none',
    headers: { 'api-key': 'secret', 'authorization': 'Bearer secret' },
    sending_queue: { enabled: false },
    retry_on_failure: { enabled: false },
    ...yaml,
  }, ['traces']);
  await exporter.start();
  ends.push(() => exporter.stop());
  try {
    await exporter.consume(ONE);
    return 'taken';
  } catch (error) {
    return error;
  }
}

test.each([307, 308])('%d is followed with body and headers on a host', async (status) => {
  const { seen, port } = await serving((request, response) => {
    if (request.path === '/v1/traces') goTo(status, '/moved?to=1')(request, response);
    else taken(request, response);
  });
  expect(await outcome(port)).toBe('taken');
  expect(seen.map(({ method, path }) => `${method} ${path}`))
    .toEqual(['POST /v1/traces', 'POST /moved?to=1']);
  const [{ headers, body }, next] = seen;
  expect(body.length).toBeGreaterThan(0);
  expect(next.body.equals(body)).toBe(true);
  expect(next.headers).toEqual(headers);
});

test('what is meant for one host is not shown to another', async () => {
  const other = await serving(taken);
  const { port } = await serving(goTo(307, `http://localhost:${other.port}/there`));
  expect(await outcome(port)).toBe('taken');
  const [{ headers, path, body }] = other.seen;
  expect([path, headers['content-type']]).toEqual(['/there', 'application/x-protobuf']);
  expect(body.length).toBeGreaterThan(0);
  expect([headers['api-key'], headers.authorization]).toEqual([undefined, undefined]);
});

test.each([301, 302, 303])('%d would lose the body: an answer like others', async (status) => {
  const { seen, port } = await serving(goTo(status, '/moved'));
  const error = await outcome(port);
  expect(error).toBeInstanceOf(PermanentError);
  expect(String(error)).toContain(`responded with HTTP Status Code ${status}`);
  expect(seen).toHaveLength(1);
});

test('a circle of redirects ends after ten, and is tried again', async () => {
  const { seen, port } = await serving(goTo(307, '/v1/traces'));
  const error = await outcome(port);
  expect(error).toBeInstanceOf(RetryableError);
  expect(String(error)).toContain('stopped after 10 redirects');
  expect(seen).toHaveLength(11);
});

test.each([
  ['ftp://127.0.0.1/', 'redirected to ftp:, which is not HTTP'],
  ['http://[/', 'redirected to what is no URL'],
])('%s is nowhere to go', async (location, text) => {
  const { port } = await serving(goTo(308, location));
  const error = await outcome(port);
  expect(error).toBeInstanceOf(PermanentError);
  expect(String(error)).toContain(text);
});

test('a redirect without an address is an answer like others', async () => {
  const { port } = await serving((_request, response) => response.writeHead(307).end());
  expect(String(await outcome(port))).toContain('responded with HTTP Status Code 307');
});

test('what was encrypted stays encrypted', async () => {
  const plain = await serving(taken);
  const { certFile, keyFile } = certificates.server;
  const [cert, key] = [certFile, keyFile].map((file) => readFileSync(file));
  const { port } = await serving(goTo(307, `http://127.0.0.1:${plain.port}/`), { cert, key });
  const tls = { ca_file: certificates.caFile };
  const error = await outcome(port, { tls }, 'https');
  expect(error).toBeInstanceOf(PermanentError);
  expect(String(error)).toMatch(/redirected to http:.*, which does not encrypt/);
  expect(plain.seen).toEqual([]);
});

test.each([
  [undefined, [undefined, undefined]], [null, [undefined, undefined]],
  [{ enabled: false }, [undefined, undefined]], [{}, [undefined, 'lb=a1']],
])('with cookies: %j a server is shown what it gave', async (cookies, shown) => {
  const { seen, port } = await serving((_request, response) =>
    response.writeHead(200, { 'set-cookie': ['lb=a1; Path=/; HttpOnly'] }).end());
  const { exporter } = loopbackExporter('otlp_http', {
    endpoint: `http://127.0.0.1:${port}`,
    sending_queue: { enabled: false },
    ...cookies !== undefined && { cookies },
  }, ['traces']);
  await exporter.start();
  ends.push(() => exporter.stop());
  for (let i = 0; i < 2; i++) await exporter.consume(ONE);
  expect(seen.map(({ headers }) => headers.cookie)).toEqual(shown);
});
