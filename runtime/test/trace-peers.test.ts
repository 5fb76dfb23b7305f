/** Pools of pods over real sockets: joining, leaving, TLS, and what strangers say. */
import { crc32 } from 'zlib';
import { systemClock } from '../clock';
import { otlpGrpcExporter } from '../config';
import { SAY } from '../extensions/trace-peers/grpc-peer-transport';
import { GrpcClient } from '../net/grpc-client';
import type { Status } from '../net/status';
import { readAnswer } from '../peers/message-reader';
import { buildRing, endpointOf, RING_GENERATIONS } from '../routing/hash-ring';
import { until } from '../testing/collector-process';
import { HTTP2S, netContext, useHttp2 } from '../testing/component-context';
import { HOSTILE_BYTES } from '../testing/hostile-bytes';
import { PeerPods, type PeerPod } from '../testing/peer-pods';
import { encodePeer } from '../testing/peer-proto';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

const [A, B, C] = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const TRACES = Array.from({ length: 200 }, (_, i) => i + 1);

let pool: PeerPods;

beforeEach(async () => {
  pool = new PeerPods();
  await pool.open();
});

afterEach(() => pool.close());

/** Every pod routes by a ring of so many pods. */
function agreed(pods: number): Promise<void> {
  return until(`a ring of ${pods}`, () => pool.pods.every(({ context }) =>
    context.log.lines.some(({ message, fields }) =>
      message === 'A ring is in use.' && fields.pods === pods)));
}

function decided(): Promise<void> {
  return until('all traces are decided', () =>
    pool.pods.every(({ holder, peers }) => holder.isIdle && !peers.isFull)
    && pool.record.findings(0, 0).lost === 0);
}

const CLEAN = {
  split: 0, secondHolders: 0, lost: 0, duplicated: 0, againstVerdict: 0, lostInCrash: 0,
};

interface Said {
  readonly status: Status;
  readonly answer: Uint8Array;
}

/** Sends `bytes` to a pod as a stranger does. */
async function say(pod: PeerPod, bytes: Uint8Array): Promise<Said> {
  const { settings } = otlpGrpcExporter.read({
    endpoint: `${pod.host}:${pool.port}`, tls: { insecure: true }, compression: 'none',
  });
  const client = new GrpcClient(settings!, netContext(systemClock), 'stranger');
  try {
    return await new Promise((resolve) => {
      client.send(SAY, [bytes], 5000, (status, answer) => resolve({ status, answer }));
    });
  } finally {
    await client.close();
  }
}

function request(version: number): Buffer {
  return encodePeer('PeerRequest', {
    version,
    from: { address: '127.0.0.9:4317', incarnation: 7 },
    announce: { seq: 1, current: { members: ['127.0.0.9:4317'] } },
  });
}

function linesOf(pod: PeerPod, message: string) {
  return pod.context.log.lines.filter((line) => line.message === message);
}

describe.each(HTTP2S)('over %s HTTP/2', (http2) => {
  beforeAll(() => useHttp2(http2));

  test('pods that start together all join', async () => {
    const pods = [await pool.add(A), await pool.add(B), await pool.add(C)];
    await Promise.all(pods.map(({ extension }) => extension.join?.()));
    expect(pods.map((pod) => linesOf(pod, 'Joined the pool.').length)).toEqual([1, 1, 1]);
  }, 30_000);

  test('whoever gets a span gives it to its owner', async () => {
    const a = await pool.join(A);
    const b = await pool.join(B);
    await agreed(2);
    for (let round = 0; round < 3; round++) pool.give(round % 2 === 0 ? a : b, TRACES);
    await until('both hold traces', () => !a.holder.isIdle && !b.holder.isIdle);
    await decided();
    expect(pool.record.findings(0, 0)).toMatchObject({ ...CLEAN, spans: 3 * TRACES.length });
    expect(pool.value(a, 'forwarded_spans')).toBeGreaterThan(50);
    expect(pool.value(a, 'forwarded_spans')).toBe(pool.value(b, 'received_spans'));
    expect(pool.value(a, 'joined')).toBe(1);
  }, 60_000);

  test('a pod that joins and one that leaves split no trace', async () => {
    const a = await pool.join(A);
    const b = await pool.join(B);
    await agreed(2);
    pool.give(a, TRACES.slice(0, 100));
    const c = await pool.join(C);
    pool.give(b, TRACES.slice(50, 150));
    await agreed(3);
    const leaving = pool.leave(a);
    pool.give(c, TRACES);
    pool.give(b, TRACES);
    await leaving;
    expect(linesOf(a, 'Left the pool.')).toHaveLength(1);
    pool.give(c, TRACES);
    await decided();
    expect(pool.record.findings(0, 0)).toMatchObject({ ...CLEAN, spans: 200 + 3 * TRACES.length });
    expect(pool.value(b, 'unanswered_claims') + pool.value(c, 'unanswered_claims')).toBe(0);
  }, 60_000);
});

test('spans of senders with an older ring need no hop where the pool is told of it', async () => {
  const older = { compatibility: { ring: 2 } };
  const a = await pool.join(A, older);
  await pool.join(B, older);
  await agreed(2);
  const ring = buildRing([`${A}:4317`, `${B}:4317`], RING_GENERATIONS[2]);
  const newest = buildRing(ring.endpoints);
  let differ = 0;
  for (let trace = 1; trace <= 200; trace++) {
    const id = Buffer.alloc(16);
    const words = [trace, 1, 2, 3];
    words.forEach((word, at) => id.writeInt32LE(word, 4 * at));
    const owner = endpointOf(ring, crc32(id));
    if (owner !== endpointOf(newest, crc32(id))) differ++;
    const [w0, w1, w2, w3] = words;
    expect(a.peers.locate(w0, w1, w2, w3, 0, false) >= 0).toBe(owner === `${B}:4317`);
  }
  expect(differ).toBeGreaterThan(20);
}, 60_000);

test('a pod with another ring is refused, told of, and not ready', async () => {
  const a = await pool.join(A);
  const b = await pool.add(B, { compatibility: { ring: 2 } });
  void b.extension.join?.();
  await until('both tell of it', () => linesOf(a, 'A peer is refused.').length > 0
    && linesOf(b, 'A peer refuses to speak with this pod.').length > 0);
  expect(linesOf(a, 'A peer is refused.')[0].fields.reason)
    .toBe('has hash ring 2, and this pod 3');
  expect([pool.value(a, 'joined'), pool.value(b, 'joined')]).toEqual([1, 0]);
  expect(linesOf(b, 'Joined the pool.')).toEqual([]);
}, 60_000);

describe('strangers', () => {
  test('that speak another version are refused with a reason, and told of once', async () => {
    const a = await pool.join(A);
    for (let i = 0; i < 3; i++) {
      const { status, answer } = await say(a, request(2));
      expect(status.code).toBe(0);
      expect(readAnswer(answer).body).toEqual({
        kind: 'refusal', reason: 'speaks version 2, and this pod 1',
      });
    }
    expect(linesOf(a, 'A peer is refused.').map(({ fields }) => fields)).toEqual([
      { peer: '127.0.0.9:4317', reason: 'speaks version 2, and this pod 1' },
    ]);
    expect(pool.value(a, 'refused_messages')).toBe(3);
  }, 30_000);

  test('that send too much are refused, and the pod goes on', async () => {
    const a = await pool.join(A, { max_recv_msg_size_mib: 4 });
    const { status } = await say(a, Buffer.alloc(5 * 1024 * 1024));
    expect(status.code).toBe(8);
    const { answer } = await say(a, request(1));
    expect(readAnswer(answer).body?.kind).toBe('announce');
  }, 30_000);

  test('that send no messages are refused, and the pod goes on', async () => {
    const a = await pool.join(A);
    for (const [, bytes] of HOSTILE_BYTES) {
      const { status } = await say(a, bytes);
      expect(status.code).toBe(3);
    }
    expect(pool.value(a, 'malformed_messages')).toBe(HOSTILE_BYTES.length);
    expect(linesOf(a, 'A message is refused.')).toHaveLength(1);
    const { answer } = await say(a, request(1));
    expect(readAnswer(answer).body?.kind).toBe('announce');
  }, 30_000);

  test('that come before the pod takes part are asked to come again', async () => {
    const a = await pool.add(A);
    const { status } = await say(a, request(1));
    expect(status).toMatchObject({
      code: 14, message: 'this pod does not take part yet, or any more',
    });
  }, 30_000);
});

describe.each(HTTP2S)('with TLS over %s HTTP/2', (http2) => {
  let certificates: TestCertificates;
  beforeAll(() => {
    useHttp2(http2);
    certificates = makeTestCertificates();
  });
  afterAll(() => certificates.remove());

  function tls(who: 'server' | 'client' | 'stranger', name = 'sampler.test'): object {
    const { certFile, keyFile } = certificates[who];
    return {
      tls: {
        ca_file: certificates.caFile,
        cert_file: certFile,
        key_file: keyFile,
        server_name_override: name,
      },
    };
  }

  test('pods know each other by their certificates', async () => {
    const a = await pool.join(A, tls('server'));
    await pool.join(B, tls('server'));
    await agreed(2);
    pool.give(a, TRACES);
    await decided();
    expect(pool.value(a, 'forwarded_spans')).toBeGreaterThan(50);
    expect(pool.record.findings(0, 0)).toMatchObject(CLEAN);
  }, 60_000);

  test.each([
    ['a certificate of other authorities', () => tls('stranger'), /certificate|self-signed/],
    ['the certificate of a sender', () => tls('client'), /client's .* must hold the name sampler/],
    ['no TLS', () => ({}), /TLS/],
    ['a name that the certificate does not hold', () => tls('server', 'other.test'), /other\.test/],
  ])('a pod with %s is not heard, and it is said why', async (_, other, why) => {
    const a = await pool.join(A, tls('server'));
    const b = await pool.add(B, other());
    let hasJoined = false;
    void b.extension.join?.().then(() => { hasJoined = true; });
    const isSaid = (pod: PeerPod) => pod.context.log.lines.some(({ level, fields }) =>
      level === 'warn' && why.test(JSON.stringify(fields)));
    await until('it is said why', () => isSaid(a) || isSaid(b));
    expect(hasJoined).toBe(false);
    expect(pool.value(a, 'received_spans')).toBe(0);
  }, 30_000);
});
