/** Failover before backends that are processes of their own, of which one dies or falls silent. */
import { systemClock } from '../clock';
import { loadBalancingExporter } from '../config';
import {
  createLoadBalancingExporter,
} from '../exporters/load-balancing/load-balancing';
import { createPayload } from '../pipeline/payload';
import { buildRing, endpointOf } from '../routing/hash-ring';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { exporterContext } from '../testing/component-context';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';
import { findSpans, spans, traceIdOf } from '../testing/span-builder';
import { crc32 } from '../wire/crc32';

const BACKENDS = 3;
const TRACES = 40;
const ID = 'load_balancing';

/** A collector that passes on what it gets before it answers, and a receiver that keeps that. */
interface Backend {
  readonly port: number;
  readonly health: number;
  readonly kept: LoopbackReceiver;
  process: CollectorProcess;
}

function start(port: number, health: number, { receiver }: LoopbackReceiver): CollectorProcess {
  const sending = { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } };
  const config = {
    receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: {
      otlp_grpc: {
        endpoint: `127.0.0.1:${receiver.ports.grpc}`, tls: { insecure: true }, ...sending,
      },
    },
    extensions: { health_check: { endpoint: `127.0.0.1:${health}` } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_grpc'] } },
    },
  };
  return new CollectorProcess(['run', '--config', `yaml:${JSON.stringify(config)}`]);
}

let backends: Backend[];

beforeEach(async () => {
  const ports = await freePorts(2 * BACKENDS);
  backends = await Promise.all(Array.from({ length: BACKENDS }, async (_, i) => {
    const kept = loopbackReceiver();
    await kept.receiver.start();
    const [port, health] = [ports[2 * i], ports[2 * i + 1]];
    return { port, health, kept, process: start(port, health, kept) };
  }));
  await Promise.all(backends.map(isUp));
}, 30_000);

afterEach(async () => {
  CollectorProcess.killAll();
  for (const { kept } of backends) await kept.receiver.stop();
});

function isUp({ health }: Backend): Promise<void> {
  return until('the backend is up', async () => (await get(health)).status === 200);
}

/** What arrived at a backend: trace and name of each span. */
function arrived({ kept }: Backend): string[] {
  return findSpans(kept.consumers.traces.bytes).map(({ traceId, name }) => `${traceId} ${name}`);
}

async function balancing() {
  const hostnames = backends.map(({ port }) => `127.0.0.1:${port}`);
  const { settings, problems } = loadBalancingExporter.read({
    timeout: '300ms',
    protocol: {
      otlp: {
        tls: { insecure: true },
        retry_on_failure: { initial_interval: '200ms', max_interval: '400ms' },
      },
    },
    resolver: { static: { hostnames } },
    failover: {
      enabled: true, unhealthy_after: '200ms', healthy_after: '1s', stickiness: '60s',
    },
  });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const context = { ...exporterContext(ID, ['traces']), clock: systemClock };
  const exporter = createLoadBalancingExporter(settings, context);
  await exporter.start();
  const given: string[] = [];
  /** One request with a span of each of these traces. */
  const give = (traces: readonly string[], name: string): void => {
    given.push(...traces.map((trace) => `${idOf(trace)} ${name}`));
    const bytes = spans(traces.map((trace) => ({ trace, name })));
    void exporter.consume(createPayload('traces', [bytes], traces.length));
  };
  const ring = buildRing(hostnames);
  const homeOf = (trace: string): number => {
    const id = traceIdOf(trace);
    return hostnames.indexOf(endpointOf(ring, crc32(id, 0, id.length)));
  };
  const value = (name: string, attributes: Record<string, string> = {}): number =>
    context.metrics.value(`otelgw_loadbalancer_${name}`, { exporter: ID, ...attributes }) ?? 0;
  const isHealthy = (at: number): boolean =>
    value('backend_healthy', { endpoint: hostnames[at] }) === 1;
  return { context, exporter, give, given, homeOf, isHealthy, value };
}

function idOf(trace: string): string {
  return traceIdOf(trace).toString('hex');
}

function names(prefix: string): string[] {
  return Array.from({ length: TRACES }, (_, i) => `${prefix}-${i}`);
}

/** Numbers of the backends that got something of a trace. */
function placesOf(trace: string): number[] {
  return [...backends.keys()].filter((at) =>
    arrived(backends[at]).some((span) => span.startsWith(idOf(trace))));
}

function allArrived(spansOfTraces: readonly string[]): Promise<void> {
  return until('all spans arrive', () => {
    const there = new Set(backends.flatMap(arrived));
    return spansOfTraces.every((span) => there.has(span));
  });
}

const FATES: [string, (backend: Backend) => void, (backend: Backend) => Promise<void>][] = [
  ['is killed and started again',
    (backend) => backend.process.signal('SIGKILL'),
    (backend) => {
      backend.process = start(backend.port, backend.health, backend.kept);
      return isUp(backend);
    }],
  ['falls silent and goes on',
    (backend) => backend.process.signal('SIGSTOP'),
    async (backend) => backend.process.signal('SIGCONT')],
];

test.each(FATES)('when a backend %s, no trace waits for it that it cannot have', async (
  _, strike, revive,
) => {
  const { exporter, give, given, homeOf, isHealthy, value } = await balancing();
  const begun = names('begun');
  give(begun, 'first');
  await allArrived(given);
  strike(backends[0]);
  let rounds = 0;
  await until('it is unhealthy', () => {
    give(names(`meanwhile-${rounds++}`), 'first');
    return !isHealthy(0);
  });

  const before = value('diverted_ids');
  const fresh = names('fresh');
  const diverted = fresh.filter((trace) => homeOf(trace) === 0);
  give(fresh, 'first');
  give(begun, 'second');
  await allArrived(fresh.map((trace) => `${idOf(trace)} first`));
  expect(diverted.length).toBeGreaterThan(5);
  expect(fresh.filter((trace) => placesOf(trace).includes(0))).toEqual([]);
  for (const trace of fresh.filter((each) => homeOf(each) !== 0)) {
    expect(placesOf(trace)).toEqual([homeOf(trace)]);
  }
  expect(value('diverted_ids') - before).toBeGreaterThanOrEqual(diverted.length);
  expect(isHealthy(0)).toBe(false);

  await revive(backends[0]);
  await allArrived(given);
  await until('it is healthy', () => isHealthy(0));
  give(diverted, 'late');
  const after = names('after');
  give(after, 'first');
  await exporter.stop();
  await allArrived(given);
  for (const trace of [...begun, ...after]) expect(placesOf(trace)).toEqual([homeOf(trace)]);
  for (const trace of diverted) expect(placesOf(trace)).toHaveLength(1);
  expect(new Set(backends.flatMap(arrived))).toEqual(new Set(given));
}, 120_000);
