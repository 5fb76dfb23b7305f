/** Real processes that are killed with spans in hand, and the ones that follow them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectorProcess, freePorts, until } from '../testing/collector-process';
import { crashRun } from '../testing/crash-run';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';
import { PeerPods } from '../testing/peer-pods';
import {
  POOL_HOSTS, samplerConfig, sendTraces, untilOneRing, untilReady, type SamplerPlace,
} from '../testing/sampler-processes';
import { findSpans } from '../testing/span-builder';

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

function config(place: SamplerPlace): string {
  return samplerConfig(place, SPANS, {
    tailSampling: { journal: { directory: join(root, place.host) } },
    otlpHttp: { sending_queue: { storage: 'file_storage' } },
    extensions: {
      file_storage: { directory: join(root, `${place.host}-queue`), create_directory: true },
    },
  });
}

function copies(): Map<string, number> {
  const found = new Map<string, number>();
  for (const { spanId } of findSpans(backend.consumers.traces.bytes)) {
    found.set(spanId, (found.get(spanId) ?? 0) + 1);
  }
  return found;
}

test('a pool of three loses no span when one is killed in the middle of traces', async () => {
  const [otlp, peers, ...health] = await freePorts(2 + POOL_HOSTS.length);
  for (const host of POOL_HOSTS) kubernetes.set(host, { ...READY, ready: false });
  const start = (i: number): CollectorProcess => new CollectorProcess(['run', '--config',
    `yaml:${config({
      host: POOL_HOSTS[i], otlp, peers, health: health[i], backend: backend.receiver.ports.http!,
    })}`]);
  const samplers = POOL_HOSTS.map((_, i) => start(i));
  for (const [i, host] of POOL_HOSTS.entries()) {
    await untilReady(health[i]);
    kubernetes.set(host, READY);
  }
  await untilOneRing(samplers);

  const load = { traces: TRACES, batch: BATCH, port: otlp };
  await sendTraces(load, 0, SPANS / 2);
  samplers[0].signal('SIGKILL');
  await samplers[0].ended;
  kubernetes.set(POOL_HOSTS[0], { ...READY, ready: false });
  samplers[0] = start(0);
  await untilReady(health[0]);
  kubernetes.set(POOL_HOSTS[0], READY);
  await sendTraces(load, SPANS / 2, SPANS);

  await until('all spans', () => copies().size === TRACES * SPANS);
  // Only what was on its way to another pod when it was killed may come twice.
  expect([...copies().values()].filter((count) => count > 1).length).toBeLessThan(2 * BATCH);
  expect(samplers[0].stderr).toContain('Took up what the journal holds of an earlier process.');
}, 90_000);

test('a sampler that is killed again and again loses no span and keeps its verdicts', async () => {
  const { missing, kills } = await crashRun({ kills: 4, seed: 11, scene: 'tail-sampling' });
  expect({ missing, kills }).toEqual({ missing: 0, kills: 4 });
}, 90_000);
