/** Three processes that are one sampler, while one of them leaves in the middle of traces. */
import { CollectorProcess, freePorts, until } from '../testing/collector-process';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';
import { PeerPods } from '../testing/peer-pods';
import {
  POOL_HOSTS, samplerConfig, sendTraces, untilOneRing, untilReady,
} from '../testing/sampler-processes';
import { findSpans } from '../testing/span-builder';

const SPANS = 6;
const TRACES = 120;
/** Traces that stand in one request. */
const BATCH = 20;
const READY = { ready: true, serving: true, terminating: false };
const STARTING = { ready: false, serving: false, terminating: false };
const LEAVING = { ready: false, serving: true, terminating: true };

let kubernetes: PeerPods;
let backends: LoopbackReceiver[];

beforeEach(async () => {
  kubernetes = new PeerPods();
  await kubernetes.open();
  backends = POOL_HOSTS.map(() => loopbackReceiver());
  for (const { receiver } of backends) await receiver.start();
});

afterEach(async () => {
  CollectorProcess.killAll();
  for (const { receiver } of backends) await receiver.stop();
  await kubernetes.close();
});

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
  const [otlp, peers, ...health] = await freePorts(2 + POOL_HOSTS.length);
  for (const host of POOL_HOSTS) kubernetes.set(host, STARTING);
  const samplers = POOL_HOSTS.map((host, i) => new CollectorProcess(['run', '--config',
    `yaml:${samplerConfig({
      host, otlp, peers, health: health[i], backend: backends[i].receiver.ports.http!,
    }, SPANS)}`]));
  for (const [i, host] of POOL_HOSTS.entries()) {
    await untilReady(health[i]);
    kubernetes.set(host, READY);
  }
  await untilOneRing(samplers);

  const load = { traces: TRACES, batch: BATCH, port: otlp };
  await sendTraces(load, 0, SPANS / 2);
  kubernetes.set(POOL_HOSTS[0], LEAVING);
  samplers[0].signal('SIGTERM');
  await sendTraces(load, SPANS / 2, SPANS);
  const { code, stderr } = await samplers[0].ended;
  kubernetes.set(POOL_HOSTS[0]);

  expect({ code, hasLeft: stderr.includes('"Left the pool."') })
    .toEqual({ code: 0, hasLeft: true });
  await until('all spans arrive', () => arrived().copies.size === TRACES * SPANS);
  const { copies, places } = arrived();
  expect(new Set(copies.values())).toEqual(new Set([1]));
  expect([...places.values()].filter(({ size }) => size > 1)).toEqual([]);
  expect(new Set([...places.values()].flatMap((at) => [...at])).size).toBe(POOL_HOSTS.length);
}, 60_000);
