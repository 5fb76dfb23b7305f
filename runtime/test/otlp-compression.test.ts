/** Compressed requests over sockets: who takes which, and what becomes of those that are bad. */
import * as http2 from 'http2';
import { compressionLoading, deflate, type Compression } from '../net/compression';
import {
  loopbackExporter, loopbackReceiver, type LoopbackReceiver,
} from '../testing/otlp-loopback';
import { bytesOf, itemsIn, samplePayload } from '../testing/sample-payload';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const MIB = 1024 * 1024;
const PAYLOAD = samplePayload('traces', 500);
const PROTO = bytesOf([PAYLOAD]);
const BOMB = Buffer.alloc(15 * MIB);
const TOO_LARGE = 'http: request body too large';

/** What is sent as, by which algorithm: gRPC calls snappy what HTTP calls x-snappy-framed. */
const OVER_GRPC: readonly (readonly [string, Compression])[] = [
  ['gzip', 'gzip'], ['snappy', 'x-snappy-framed'], ['zstd', 'zstd'],
];
const OVER_HTTP: readonly Compression[] = [
  'gzip', 'deflate', 'zlib', 'zstd', 'snappy', 'x-snappy-framed', 'lz4',
];

let peer: LoopbackReceiver;

async function started(
  grpc: object = {}, http: object = {},
): Promise<LoopbackReceiver> {
  const made = loopbackReceiver(grpc, http);
  await made.receiver.start();
  return made;
}

beforeAll(async () => {
  await compressionLoading(['zstd']);
  peer = await started({ max_recv_msg_size_mib: 1 }, { max_request_body_size: MIB });
});

afterAll(() => peer.receiver.stop());

beforeEach(() => {
  peer.consumers.traces.payloads.length = 0;
});

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

async function post(
  body: Uint8Array, encoding?: string, { receiver } = peer,
): Promise<HttpAnswer> {
  const response = await fetch(`http://127.0.0.1:${receiver.ports.http}/v1/traces`, {
    method: 'POST',
    body: Buffer.from(body),
    headers: {
      'content-type': 'application/x-protobuf',
      ...encoding !== undefined && { 'content-encoding': encoding },
    },
  });
  return { status: response.status, text: Buffer.from(await response.arrayBuffer()).toString() };
}

interface GrpcAnswer {
  readonly code: number;
  readonly message: string;
}

function call(body: Uint8Array, encoding: string): Promise<GrpcAnswer> {
  const session = http2.connect(`http://127.0.0.1:${peer.receiver.ports.grpc}`);
  const prefix = Buffer.alloc(5);
  prefix[0] = 1;
  prefix.writeUInt32BE(body.length, 1);
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      'te': 'trailers',
      'grpc-encoding': encoding,
    });
    let seen: http2.IncomingHttpHeaders = {};
    stream.on('response', (headers) => { seen = { ...headers }; });
    stream.on('trailers', (headers) => { seen = { ...seen, ...headers }; });
    stream.on('error', reject);
    stream.on('close', () => {
      session.close();
      resolve({
        code: Number(seen['grpc-status'] ?? -1), message: String(seen['grpc-message'] ?? ''),
      });
    });
    stream.resume();
    stream.end(Buffer.concat([prefix, body]));
  });
}

describe('our exporter and our receiver', () => {
  it.each([
    ...OVER_GRPC.map(([name]) => ['otlp_grpc', name, 'grpc'] as const),
    ...OVER_HTTP.map((name) => ['otlp_http', name, 'http'] as const),
  ])('%s with %s loses nothing', async (type, compression, protocol) => {
    const scheme = protocol === 'http' ? 'http://' : '';
    const endpoint = `${scheme}127.0.0.1:${peer.receiver.ports[protocol]}`;
    const { exporter } = loopbackExporter(type, { endpoint, compression });
    await exporter.start();
    await exporter.consume(PAYLOAD);
    await exporter.stop();
    expect(itemsIn('traces', peer.consumers.traces.bytes)).toEqual(itemsIn('traces', PROTO));
  });

  it('spend more where a level says so', async () => {
    const endpoint = `http://127.0.0.1:${peer.receiver.ports.http}`;
    for (const [compression, level] of [['gzip', 9], ['zstd', 7], ['zlib', -2]]) {
      const { exporter } = loopbackExporter(
        'otlp_http', { endpoint, compression, compression_params: { level } });
      await exporter.start();
      await exporter.consume(PAYLOAD);
      await exporter.stop();
    }
    expect(peer.consumers.traces.items).toBe(1500);
  });
});

describe('over gRPC', () => {
  it.each(OVER_GRPC)('%s is read', async (name, algorithm) => {
    expect(await call(deflate(algorithm, [PROTO]), name)).toEqual({ code: 0, message: '' });
    expect(peer.consumers.traces.items).toBe(500);
  });

  it.each(OVER_GRPC)('a bomb in %s is refused by its limit', async (name, algorithm) => {
    expect(await call(deflate(algorithm, [BOMB]), name)).toEqual({
      code: 8, message: 'grpc: received message after decompression larger than max 1048576',
    });
  });

  it.each([
    ['gzip', 'gzip', 'grpc: failed to read decompressed data: unexpected EOF'],
    ['snappy', 'x-snappy-framed',
      'grpc: failed to read decompressed data: snappy: corrupt input'],
    ['zstd', 'zstd', 'grpc: failed to read decompressed data: unexpected EOF'],
  ] as const)('half a message in %s is refused', async (name, algorithm, message) => {
    const half = deflate(algorithm, [PROTO]);
    expect(await call(half.subarray(0, half.length >> 1), name)).toEqual({ code: 13, message });
  });

  it.each(['lz4', 'zlib', 'deflate', 'x-snappy-framed', 'br', 'toString'])(
    '%s is unknown', async (name) => {
      expect(await call(PROTO, name)).toEqual({
        code: 12, message: `grpc: Decompressor is not installed for grpc-encoding "${name}"`,
      });
    });

  it('a block of Snappy is no row of chunks', async () => {
    expect(await call(deflate('snappy', [PROTO]), 'snappy')).toMatchObject({ code: 13 });
  });
});

describe('over HTTP', () => {
  it.each(OVER_HTTP)('%s is read', async (name) => {
    expect(await post(deflate(name, [PROTO]), name)).toMatchObject({ status: 200 });
    expect(peer.consumers.traces.items).toBe(500);
  });

  it.each(OVER_HTTP)('a bomb in %s is refused by its limit', async (name) => {
    const { status, text } = await post(deflate(name, [BOMB]), name);
    expect(status).toBe(400);
    expect(text).toContain(name === 'snappy'
      ? 'snappy: decoded size exceeds max request body size' : TOO_LARGE);
  });

  it.each(OVER_HTTP)('half a body in %s is refused', async (name) => {
    const half = deflate(name, [PROTO]);
    expect(await post(half.subarray(0, half.length >> 1), name)).toMatchObject({ status: 400 });
    expect(peer.consumers.traces.items).toBe(0);
  });

  it('chunks of Snappy are read where a block is announced', async () => {
    expect(await post(deflate('x-snappy-framed', [PROTO]), 'snappy'))
      .toMatchObject({ status: 200 });
  });

  it.each(['br', 'ZSTD', 'identity', 'none', 'toString'])('%s is unknown', async (name) => {
    const { status, text } = await post(PROTO, name);
    expect(status).toBe(400);
    expect(text).toContain(`unsupported Content-Encoding: ${name}`);
  });
});

describe('compression_algorithms', () => {
  it('takes only those that it names', async () => {
    const other = await started({}, { compression_algorithms: ['zstd', 'br'] });
    try {
      expect(await post(deflate('zstd', [PROTO]), 'zstd', other)).toMatchObject({ status: 200 });
      for (const [body, encoding] of [
        [deflate('gzip', [PROTO]), 'gzip'], [PROTO, undefined], [PROTO, 'br'],
      ] as const) {
        const { status, text } = await post(body, encoding, other);
        expect(status).toBe(400);
        expect(text).toContain(`unsupported Content-Encoding: ${encoding ?? ''}`);
      }
    } finally {
      await other.receiver.stop();
    }
  });

  it('takes bodies as they are when it is empty', async () => {
    const other = await started({}, { compression_algorithms: [] });
    try {
      expect(await post(PROTO, 'gzip', other)).toMatchObject({ status: 200 });
      expect(await post(deflate('gzip', [PROTO]), 'gzip', other)).toMatchObject({ status: 400 });
    } finally {
      await other.receiver.stop();
    }
  });
});
