/** Who is let in, and what is shown: our receiver, our exporters, and others' clients. */
import { request as httpRequest } from 'http';
import * as http2 from 'http2';
import * as grpc from '@grpc/grpc-js';
import { systemClock } from '../clock';
import type { Extension } from '../component';
import {
  basicAuthExtension, bearerTokenAuthExtension, headersSetterExtension, loadBalancingExporter,
} from '../config';
import { PermanentError } from '../errors';
import { createLoadBalancingExporter } from '../exporters/load-balancing/load-balancing';
import { createBasicAuthExtension } from '../extensions/basic-auth/basic-auth';
import {
  createBearerTokenAuthExtension,
} from '../extensions/bearer-token-auth/bearer-token-auth';
import { createHeadersSetterExtension } from '../extensions/headers-setter/headers-setter';
import { componentContext, exporterContext } from '../testing/component-context';
import {
  loopbackExporter, loopbackReceiver, recordingConsumers, type ExporterType,
} from '../testing/otlp-loopback';
import { bytesOf, samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

const SERVICE = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const BODY = Buffer.from(bytesOf([samplePayload('traces', 2)]));
const WRONG = 'provided authorization does not match expected scheme or token';

let certificates: TestCertificates;
const ends: (() => unknown)[] = [];

beforeAll(() => { certificates = makeTestCertificates(); }, 60_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => certificates.remove());

function extensions(): Map<string, Extension> {
  const context = { ...componentContext('x'), clock: systemClock };
  const bearer = (token: string) => createBearerTokenAuthExtension(
    bearerTokenAuthExtension.read({ token }).settings!, context);
  const basic = (yaml: object) => createBasicAuthExtension(
    basicAuthExtension.read(yaml).settings!, context);
  const found = new Map<string, Extension>([
    ['bearer', bearer('right')],
    ['bearer/wrong', bearer('wrong')],
    ['basic/in', basic({
      htpasswd: {
        inline: 'alice:$2b$04$erSGrktipX205y18HKQKBuy1T2TiBSUu0UV8ys3G3TWIMLuOr/MDi',
      },
    })],
    ['basic/out', basic({ client_auth: { username: 'alice', password: 'secret' } })],
    ['nothing', { start: () => Promise.resolve(), stop: () => Promise.resolve() }],
  ]);
  found.set('setter', createHeadersSetterExtension(headersSetterExtension.read({
    headers: [{ key: 'Authorization', value: 'Bearer right' }],
  }).settings!, { ...context, extension: (id) => found.get(id) }));
  return found;
}

async function server(authenticator: string, isSecure = true) {
  const all = extensions();
  for (const extension of all.values()) await extension.start();
  const { certFile, keyFile } = certificates.server;
  const yaml = {
    auth: { authenticator }, ...isSecure && { tls: { cert_file: certFile, key_file: keyFile } },
  };
  const loopback = loopbackReceiver(yaml, yaml, recordingConsumers(), all);
  ends.push(() => loopback.receiver.stop());
  await loopback.receiver.start();
  return { ...loopback, all };
}

const TYPES: readonly ExporterType[] = ['otlp_grpc', 'otlp_http'];

describe.each(TYPES)('%s', (type) => {
  it.each([
    ['bearer', 'bearer', undefined],
    ['bearer', 'setter', undefined],
    ['basic/in', 'basic/out', undefined],
    ['bearer', 'bearer/wrong', WRONG],
    ['basic/in', 'bearer', 'invalid authorization scheme prefix'],
    ['bearer', undefined, 'missing or empty authorization header: Authorization'],
  ])('before %s shows %s: %s', async (asking, shown, refusal) => {
    const { receiver, consumers, context, all } = await server(asking);
    const { exporter } = loopbackExporter(type, {
      endpoint: type === 'otlp_grpc' ? `localhost:${receiver.ports.grpc}`
        : `https://localhost:${receiver.ports.http}`,
      tls: { ca_file: certificates.caFile },
      ...shown !== undefined && { auth: { authenticator: shown } },
      sending_queue: { enabled: false },
    }, ['traces'], all);
    ends.push(() => exporter.stop());
    await exporter.start();
    for (let tries = 0; tries < 3; tries++) {
      const failure: unknown = await Promise.resolve(exporter.consume(samplePayload('traces', 2)))
        .then(() => undefined, (error: unknown) => error);
      if (refusal === undefined) {
        expect(failure).toBeUndefined();
      } else {
        expect(failure).toBeInstanceOf(PermanentError);
        expect((failure as PermanentError).code).toBe(16);
        expect((failure as PermanentError).message).toContain(refusal);
      }
    }
    expect(consumers.traces.items).toBe(refusal === undefined ? 6 : 0);
    const refused = context.log.lines.filter(({ message }) => message === 'A request was refused.');
    const expected = refusal === undefined ? [] : [refusal];
    expect(refused.map(({ fields }) => fields.error)).toEqual(expected);
    expect(JSON.stringify(context.log.lines)).not.toMatch(/right|wrong|secret|Basic |Bearer /);
  });

  it.each([
    ['bearer/none', 'must name an extension that service.extensions names, got "bearer/none"'],
    ['nothing', 'must name an extension that adds credentials to requests, got "nothing"'],
    ['basic/in', 'must name an extension that adds credentials to requests, got "basic/in"'],
  ])('does not start with %s', async (authenticator, message) => {
    const endpoint = type === 'otlp_grpc' ? 'localhost:1' : 'http://localhost:1';
    const { exporter } = loopbackExporter(
      type, { endpoint, auth: { authenticator } }, ['traces'], extensions());
    ends.push(() => exporter.stop());
    await expect(exporter.start()).rejects.toThrow(`auth.authenticator: ${message}`);
  });
});

it.each([
  ['bearer/none', {}, /must name an extension that service\.extensions names/],
  ['bearer', { insecure: true }, /must not show credentials of "bearer" as plain text/],
])('load_balancing does not start with %s and TLS %j', async (authenticator, tls, message) => {
  const { settings } = loadBalancingExporter.read({
    protocol: { otlp: { auth: { authenticator }, tls } },
    resolver: { static: { hostnames: ['localhost'] } },
  });
  const all = extensions();
  const exporter = createLoadBalancingExporter(settings!, exporterContext(
    'load_balancing', ['traces'], { extension: (id) => all.get(id) }));
  ends.push(() => exporter.stop());
  await expect(exporter.start()).rejects.toThrow(message);
});

it('credentials are not shown as plain text over gRPC', async () => {
  const { exporter } = loopbackExporter('otlp_grpc', {
    endpoint: 'localhost:1', auth: { authenticator: 'bearer' },
  }, ['traces'], extensions());
  ends.push(() => exporter.stop());
  await expect(exporter.start()).rejects.toThrow(
    'auth.authenticator: must not show credentials of "bearer" as plain text, got no TLS');
});

it.each([
  ['bearer/none', 'must name an extension that service.extensions names, got "bearer/none"'],
  ['basic/out', 'must name an extension that lets requests in, got "basic/out"'],
])('a receiver does not start with %s', async (authenticator, message) => {
  await expect(server(authenticator)).rejects.toThrow(
    `receivers.otlp.protocols.http: auth.authenticator: ${message}`);
});

it('a gRPC client of another making is let in with the token, and refused without', async () => {
  const { receiver, consumers } = await server('bearer', false);
  const client = new grpc.Client(
    `127.0.0.1:${receiver.ports.grpc}`, grpc.credentials.createInsecure());
  ends.push(() => client.close());
  const bytes = (value: Buffer): Buffer => value;
  const call = (path: string, authorization?: string): Promise<grpc.ServiceError | null> => {
    const metadata = new grpc.Metadata();
    if (authorization !== undefined) metadata.set('authorization', authorization);
    return new Promise((resolve) => {
      client.makeUnaryRequest(path, bytes, bytes, BODY, metadata,
        { deadline: systemClock.now() + 5000 }, (error) => resolve(error));
    });
  };
  expect(await call(SERVICE, 'Bearer right')).toBeNull();
  expect(await call(SERVICE, 'Bearer guessed')).toMatchObject({ code: 16, details: WRONG });
  expect(await call('/no.Service/Method', 'Bearer guessed')).toMatchObject({ code: 12 });
  expect(consumers.traces.items).toBe(2);
});

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

function post(port: number, headers: Record<string, string>, end: boolean): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = {
      port,
      method: 'POST',
      path: '/v1/traces',
      headers: { 'content-type': 'application/json', ...headers },
    };
    const request = httpRequest(options, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => { body += chunk.toString(); });
      response.on('end', () => {
        request.destroy();
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    request.on('error', reject);
    if (end) request.end('{}'); else request.flushHeaders();
  });
}

it('an HTTP request is refused before its body is there, whatever it claims to hold', async () => {
  const { receiver } = await server('bearer', false);
  const port = receiver.ports.http!;
  const claims = { 'content-length': '1000000', 'content-encoding': 'gzip' };
  const refused = await post(port, claims, false);
  expect(refused.status).toBe(401);
  expect(JSON.parse(refused.body)).toEqual({
    code: 16, message: 'missing or empty authorization header: Authorization',
  });
  expect(await post(port, { authorization: 'Bearer right' }, true)).toMatchObject({ status: 200 });
});

it('a gRPC request is refused before its message is there', async () => {
  const { receiver } = await server('bearer', false);
  const session = http2.connect(`http://127.0.0.1:${receiver.ports.grpc}`);
  ends.push(() => session.destroy());
  const stream = session.request({
    ':method': 'POST', ':path': SERVICE, 'content-type': 'application/grpc', 'te': 'trailers',
  });
  stream.on('error', () => undefined);
  const headers = await new Promise<http2.IncomingHttpHeaders>((resolve) => {
    stream.once('response', resolve);
  });
  expect(headers['grpc-status']).toBe('16');
});

test.each<ExporterType>(['otlp_grpc', 'otlp_http'])(
  '%s sends on what a header of each request says', async (type) => {
    const last = loopbackReceiver({ include_metadata: true }, { include_metadata: true });
    ends.push(() => last.receiver.stop());
    await last.receiver.start();
    const { ports } = last.receiver;
    const endpoint = type === 'otlp_grpc'
      ? `127.0.0.1:${ports.grpc}` : `http://127.0.0.1:${ports.http}`;
    const setter = createHeadersSetterExtension(headersSetterExtension.read({
      headers: [{ key: 'X-Scope', from_context: 'x-tenant', default_value: 'none' }],
    }).settings!, { ...componentContext('x'), clock: systemClock });
    const { exporter } = loopbackExporter(type, {
      endpoint, auth: { authenticator: 'setter' }, sending_queue: { enabled: false },
    }, ['traces'], new Map([['setter', setter]]));
    await exporter.start();
    ends.push(() => exporter.stop());
    const payload = samplePayload('traces', 1);
    for (const tenant of ['a', 'b']) {
      await exporter.consume({ ...payload, metadata: { 'x-tenant': [tenant] } });
    }
    await exporter.consume(payload);
    expect(last.consumers.traces.payloads.map(({ metadata }) => metadata?.['x-scope']))
      .toEqual([['a'], ['b'], ['none']]);
  });
