/** Three processes that are one sampler, while one of them leaves in the middle of traces. */
import { createHash } from 'node:crypto';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';
import { PeerPods } from '../testing/peer-pods';
import { findSpans, spans } from '../testing/span-builder';

const HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const SPANS = 6;
const TRACES = 120;
/** Traces that stand in one request. */
const BATCH = 20;
const READY = { ready: true, serving: true, terminating: false };
const STARTING = { ready: false, serving: false, terminating: false };
const LEAVING = { ready: false, serving: true, terminating: true };

interface Ports {
  readonly otlp: number;
  readonly peers: number;
}

let kubernetes: PeerPods;
let backends: LoopbackReceiver[];

beforeEach(async () => {
  kubernetes = new PeerPods();
  await kubernetes.open();
  backends = HOSTS.map(() => loopbackReceiver());
  for (const { receiver } of backends) await receiver.start();
});

afterEach(async () => {
  CollectorProcess.killAll();
  for (const { receiver } of backends) await receiver.stop();
  await kubernetes.close();
});

function config(host: string, { otlp, peers }: Ports, health: number, backend: number): string {
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `${host}:${otlp}` } } } },
    processors: {
      tail_sampling: {
        peers: 'trace_peers',
        decision_wait: '5s',
        policies: [{ name: 'whole', type: 'span_count', span_count: { min_spans: SPANS } }],
      },
    },
    exporters: { otlp_http: { endpoint: `http://127.0.0.1:${backend}` } },
    extensions: {
      health_check: { endpoint: `127.0.0.1:${health}` },
      trace_peers: {
        address: host,
        endpoint: `${host}:${peers}`,
        resolver: { k8s: { service: 'sampler', ports: [otlp] } },
        resolver_delay: '500ms',
      },
    },
    service: {
      extensions: ['health_check', 'trace_peers'],
      telemetry: { logs: { encoding: 'json' }, metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['tail_sampling'], exporters: ['otlp_http'] },
      },
    },
  });
}

function digest(text: string, digits: number): string {
  return createHash('md5').update(text).digest('hex').slice(0, digits);
}

/** The span of this number of some traces. */
function requestOf(from: number, span: number): Buffer {
  return spans(Array.from({ length: BATCH }, (_, i) => ({
    trace: digest(`trace ${from + i}`, 32), span: digest(`span ${from + i} ${span}`, 16),
  })));
}

/** Sends as an SDK does behind a Service: who refuses or is gone is left for the next one. */
async function send(body: Buffer, first: number, port: number): Promise<void> {
  for (let at = first; at < first + 10 * HOSTS.length; at += 1) {
    const url = `http://${HOSTS[at % HOSTS.length]}:${port}/v1/traces`;
    const headers = { 'content-type': 'application/x-protobuf' };
    const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
      .then(({ status }) => status, () => 0);
    if (answer === 200) return;
    if (answer !== 0 && answer !== 503) throw new Error(`must be taken, got ${answer}`);
  }
  throw new Error('must be taken by some pod, got none');
}

/** For each span how often it arrived, and for each trace at which backends. */
function arrived() {
  const copies = new Map<string, number>();
  const places = new Map<string, Set<number>>();
  backends.forEach(({ consumers }, backend) => {
    for (const { traceId, spanId } of findSpans(consumers.traces.bytes)) {
      copies.set(spanId, (copies.get(spanId) ?? 0) + 1);
      const at = places.get(traceId) ?? new Set();
      places.set(traceId, at.add(backend));
    }
  });
  return { copies, places };
}

test('no span is lost and no trace is split when one of three samplers ends', async () => {
  const [otlp, peers, ...health] = await freePorts(2 + HOSTS.length);
  for (const host of HOSTS) kubernetes.set(host, STARTING);
  const samplers = HOSTS.map((host, i) => new CollectorProcess(['run', '--config',
    `yaml:${config(host, { otlp, peers }, health[i], backends[i].receiver.ports.http!)}`]));
  for (const [i, host] of HOSTS.entries()) {
    await until('readiness', async () => (await get(health[i])).status === 200);
    kubernetes.set(host, READY);
  }
  await until('a ring of three', () => samplers.every(({ stderr }) =>
    stderr.split('\n').some((line) => line.includes('A ring is in use.')
      && line.includes('"pods":3'))));

  const sendAll = async (from: number, to: number): Promise<void> => {
    for (let span = from; span < to; span += 1) {
      for (let trace = 0; trace < TRACES; trace += BATCH) {
        await send(requestOf(trace, span), span + trace / BATCH, otlp);
      }
    }
  };
  await sendAll(0, SPANS / 2);
  kubernetes.set(HOSTS[0], LEAVING);
  samplers[0].signal('SIGTERM');
  await sendAll(SPANS / 2, SPANS);
  const { code, stderr } = await samplers[0].ended;
  kubernetes.set(HOSTS[0]);

  expect({ code, hasLeft: stderr.includes('"Left the pool."') })
    .toEqual({ code: 0, hasLeft: true });
  await until('all spans arrive', () => arrived().copies.size === TRACES * SPANS);
  const { copies, places } = arrived();
  expect(new Set(copies.values())).toEqual(new Set([1]));
  expect([...places.values()].filter(({ size }) => size > 1)).toEqual([]);
  expect(new Set([...places.values()].flatMap((at) => [...at])).size).toBe(HOSTS.length);
}, 60_000);
