/** What the keys of the OTLP exporters do on the wire. */
import { mkdtempSync, rmSync } from 'fs';
import * as http from 'http';
import * as http2 from 'http2';
import * as net from 'net';
import { tmpdir } from 'os';
import { join } from 'path';
import { loopbackExporter, loopbackReceiver, type ExporterType } from '../testing/otlp-loopback';
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

async function exporting(type: ExporterType, yaml: object) {
  const { exporter } = loopbackExporter(
    type, { sending_queue: { enabled: false }, ...yaml }, ['traces']);
  await exporter.start();
  ends.push(() => exporter.stop());
  return exporter;
}

async function receiving(grpc: object = {}, ofHttp: object = {}) {
  const made = loopbackReceiver(grpc, ofHttp);
  await made.receiver.start();
  ends.push(() => made.receiver.stop());
  return made;
}

function listening(server: net.Server): Promise<number> {
  ends.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
}

/** A forward proxy, as every language has one; what it was asked for. */
async function forwardProxy() {
  const asked: string[] = [];
  const proxy = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers['proxy-authorization']}`);
    const onward = http.request(request.url ?? '', {
      method: request.method, headers: request.headers,
    }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  proxy.on('connect', (request, socket: net.Socket, head: Buffer) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization']}`);
    if (request.url?.startsWith('refused')) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    const onward = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const side of [socket, onward]) side.on('error', () => side.destroy());
  });
  const port = await listening(proxy);
  ends.push(() => proxy.closeAllConnections());
  return { asked, url: `http://us%40er:pass@127.0.0.1:${port}` };
}

const SHOWN = `Basic ${Buffer.from('us@er:pass').toString('base64')}`;

describe('proxy_url', () => {
  test('takes requests in plain text', async () => {
    const { receiver, consumers } = await receiving();
    const { asked, url } = await forwardProxy();
    const endpoint = `http://127.0.0.1:${receiver.ports.http}`;
    const exporter = await exporting('otlp_http', { endpoint, proxy_url: url });
    await exporter.consume(ONE);
    await exporter.consume(ONE);
    expect(consumers.traces.items).toBe(2);
    expect(asked).toEqual(Array.from({ length: 2 }, () => `POST ${endpoint}/v1/traces ${SHOWN}`));
  });

  test('connects requests over TLS to their server, once for all of them', async () => {
    const { server, caFile } = certificates;
    const { receiver, consumers } = await receiving({}, {
      tls: { cert_file: server.certFile, key_file: server.keyFile },
    });
    const { asked, url } = await forwardProxy();
    const exporter = await exporting('otlp_http', {
      endpoint: `https://localhost:${receiver.ports.http}`,
      proxy_url: url,
      tls: { ca_file: caFile },
    });
    await exporter.consume(ONE);
    await exporter.consume(ONE);
    expect(consumers.traces.items).toBe(2);
    expect(asked).toEqual([`CONNECT localhost:${receiver.ports.http} ${SHOWN}`]);
  });

  test('that does not connect is told', async () => {
    const { url } = await forwardProxy();
    const exporter = await exporting('otlp_http', {
      endpoint: 'https://refused:4318', proxy_url: url, retry_on_failure: { enabled: false },
    });
    await expect(exporter.consume(ONE)).rejects.toThrow(
      /proxy 127\.0\.0\.1:\d+: must connect to refused:4318, answered 403 Forbidden/);
  });
});

test.each([[{}, 1], [{ keepalive: { enabled: false } }, 3]])(
  'with %j three requests take so many connections: %i', async (yaml, connections) => {
    let made = 0;
    const server = http.createServer((request, response) => {
      request.resume().on('end', () => response.end());
    });
    server.on('connection', () => { made++; });
    const endpoint = `http://127.0.0.1:${await listening(server)}`;
    const exporter = await exporting('otlp_http', { endpoint, ...yaml });
    for (let i = 0; i < 3; i++) await exporter.consume(ONE);
    expect(made).toBe(connections);
  });

test('max_conns_per_host bounds the connections that are open', async () => {
  let open = 0;
  let most = 0;
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => setImmediate(() => response.end()));
  });
  server.on('connection', (socket) => {
    most = Math.max(most, ++open);
    socket.on('close', () => { open--; });
  });
  const endpoint = `http://127.0.0.1:${await listening(server)}`;
  const exporter = await exporting('otlp_http', { endpoint, max_conns_per_host: 2 });
  await Promise.all(Array.from({ length: 10 }, () => exporter.consume(ONE)));
  expect(most).toBe(2);
});

/** A gRPC server that takes everything; the headers and pings that it got. */
async function recordingServer() {
  const headers: http2.IncomingHttpHeaders[] = [];
  const server = http2.createServer();
  server.on('stream', (stream, received) => {
    headers.push(received);
    stream.resume().on('end', () => {
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
  });
  return { headers, port: await listening(server as unknown as net.Server) };
}

test('authority and user_agent are what the server sees', async () => {
  const { headers, port } = await recordingServer();
  const exporter = await exporting('otlp_grpc', {
    endpoint: `127.0.0.1:${port}`, authority: 'tenant.example', user_agent: 'me/1',
  });
  await exporter.consume(ONE);
  expect(headers[0]).toMatchObject({ ':authority': 'tenant.example', 'user-agent': 'me/1' });
});

test('TLS asks for the name in authority', async () => {
  const { server, caFile } = certificates;
  const { receiver, consumers } = await receiving(
    { tls: { cert_file: server.certFile, key_file: server.keyFile } });
  const exporter = await exporting('otlp_grpc', {
    endpoint: `127.0.0.1:${receiver.ports.grpc}`,
    authority: 'sampler.test:443',
    tls: { ca_file: caFile },
  });
  await exporter.consume(ONE);
  expect(consumers.traces.items).toBe(1);
});

test('unix:// endpoints are sockets', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-'));
  ends.push(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'otlp.sock');
  const { consumers } = await receiving(
    { transport: 'unix', endpoint: path, include_metadata: true });
  const exporter = await exporting('otlp_grpc', { endpoint: `unix://${path}` });
  await exporter.consume(ONE);
  expect(consumers.traces.items).toBe(1);
  expect(consumers.traces.payloads[0].metadata?.host).toEqual(['localhost']);
});

test.each([['P256', ['P256', 'X25519'], true], ['P384', ['P521'], false]])(
  'a server with the curve %s and a client with %j agree: %s', async (curve, curves, agree) => {
    const { server, caFile } = certificates;
    const { receiver } = await receiving({
      tls: { cert_file: server.certFile, key_file: server.keyFile, curve_preferences: [curve] },
    });
    const exporter = await exporting('otlp_grpc', {
      endpoint: `localhost:${receiver.ports.grpc}`,
      retry_on_failure: { enabled: false },
      tls: { ca_file: caFile, curve_preferences: curves },
    });
    const sent = Promise.resolve(exporter.consume(ONE)).then(() => true, () => false);
    expect(await sent).toBe(agree);
  });
