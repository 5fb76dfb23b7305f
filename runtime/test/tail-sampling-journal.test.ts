/** Real processes that are killed with spans in hand, and the ones that follow them. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { crashRun } from '../testing/crash-run';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';
import { PeerPods } from '../testing/peer-pods';
import { findSpans, spans } from '../testing/span-builder';

const HOSTS = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const SPANS = 6;
const TRACES = 90;
/** Traces that stand in one request. */
const BATCH = 15;
const READY = { ready: true, serving: true, terminating: false };

let root: string;
let kubernetes: PeerPods;
let backend: LoopbackReceiver;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'otelgw-journal-'));
  kubernetes = new PeerPods();
  await kubernetes.open();
  backend = loopbackReceiver();
  await backend.receiver.start();
});

afterEach(async () => {
  CollectorProcess.killAll();
  await backend.receiver.stop();
  await kubernetes.close();
  rmSync(root, { recursive: true, force: true });
});

function config(host: string, otlp: number, peers: number, health: number): string {
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `${host}:${otlp}` } } } },
    processors: {
      tail_sampling: {
        peers: 'trace_peers',
        decision_wait: '5s',
        journal: { directory: join(root, host) },
        policies: [{ name: 'whole', type: 'span_count', span_count: { min_spans: SPANS } }],
      },
    },
    exporters: {
      otlp_http: {
        endpoint: `http://127.0.0.1:${backend.receiver.ports.http}`,
        sending_queue: { storage: 'file_storage' },
      },
    },
    extensions: {
      health_check: { endpoint: `127.0.0.1:${health}` },
      file_storage: { directory: join(root, `${host}-queue`), create_directory: true },
      trace_peers: {
        address: host,
        endpoint: `${host}:${peers}`,
        resolver: { k8s: { service: 'sampler', ports: [otlp] } },
        resolver_delay: '500ms',
      },
    },
    service: {
      extensions: ['health_check', 'file_storage', 'trace_peers'],
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

/** Sends as an SDK does behind a Service: who refuses or is gone is left for the next one. */
async function send(body: Buffer, first: number, port: number): Promise<void> {
  for (let at = first; at < first + 100; at += 1) {
    const url = `http://${HOSTS[at % HOSTS.length]}:${port}/v1/traces`;
    const headers = { 'content-type': 'application/x-protobuf' };
    const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
      .then(({ status }) => status, () => 0);
    if (answer === 200) return;
    if (answer !== 0 && answer !== 503) throw new Error(`must be taken, got ${answer}`);
  }
  throw new Error('must be taken by some pod, got none');
}

async function sendAll(from: number, to: number, port: number): Promise<void> {
  for (let span = from; span < to; span += 1) {
    for (let trace = 0; trace < TRACES; trace += BATCH) {
      await send(spans(Array.from({ length: BATCH }, (_, i) => ({
        trace: digest(`trace ${trace + i}`, 32), span: digest(`span ${trace + i} ${span}`, 16),
      }))), span + trace / BATCH, port);
    }
  }
}

function copies(): Map<string, number> {
  const found = new Map<string, number>();
  for (const { spanId } of findSpans(backend.consumers.traces.bytes)) {
    found.set(spanId, (found.get(spanId) ?? 0) + 1);
  }
  return found;
}

test('a pool of three loses no span when one is killed in the middle of traces', async () => {
  const [otlp, peers, ...health] = await freePorts(2 + HOSTS.length);
  for (const host of HOSTS) kubernetes.set(host, { ...READY, ready: false });
  const start = (i: number): CollectorProcess => new CollectorProcess(
    ['run', '--config', `yaml:${config(HOSTS[i], otlp, peers, health[i])}`]);
  const samplers = HOSTS.map((_, i) => start(i));
  for (const [i, host] of HOSTS.entries()) {
    await until('readiness', async () => (await get(health[i])).status === 200);
    kubernetes.set(host, READY);
  }
  await until('a ring of three', () => samplers.every(({ stderr }) =>
    stderr.split('\n').some((line) => line.includes('A ring is in use.')
      && line.includes('"pods":3'))));

  await sendAll(0, SPANS / 2, otlp);
  samplers[0].signal('SIGKILL');
  await samplers[0].ended;
  kubernetes.set(HOSTS[0], { ...READY, ready: false });
  samplers[0] = start(0);
  await until('readiness', async () => (await get(health[0])).status === 200);
  kubernetes.set(HOSTS[0], READY);
  await sendAll(SPANS / 2, SPANS, otlp);

  await until('all spans', () => copies().size === TRACES * SPANS);
  // Only what was on its way to another pod when it was killed may come twice.
  expect([...copies().values()].filter((count) => count > 1).length).toBeLessThan(2 * BATCH);
  expect(samplers[0].stderr).toContain('Took up what the journal holds of an earlier process.');
}, 90_000);

test('a sampler that is killed again and again loses no span and keeps its verdicts', async () => {
  const { missing, kills } = await crashRun({ kills: 4, seed: 11, scene: 'tail-sampling' });
  expect({ missing, kills }).toEqual({ missing: 0, kills: 4 });
}, 90_000);
