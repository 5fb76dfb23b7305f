/**
 * What it costs that a span goes to another pod: the same load on one sampler alone, and on one of
 * two that are a pool, which passes half of it on. `npx tsx runtime/bench/forwarding.ts [spans]`,
 * where `spans` is how many one request has (1000), with the bundle and the bench's programs built.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from './process-figures';
import { MEASURED_CORE, onCore, start, WORK } from './programs';
import { openLoad, openSink, type Carriage, type CertificateFiles } from './traffic';

const SPANS = Number(process.argv[2] ?? 1000);
const RATE = 30_000;
const WAIT_SECONDS = 4;
const SETTLE_SECONDS = 10;
const SECONDS = 10;
const OTLP_PORT = 14_317;
const PEERS_PORT = 14_319;
const ROUNDS = 3;

const carriage: Carriage = {
  protocol: 'grpc', gzip: false, tls: false, spans: SPANS, traceSpans: 9,
};
const NO_TLS: CertificateFiles = { ca: '', cert: '', key: '' };

function configOf(host: string, pods: readonly string[], backend: number): string {
  const isPool = pods.length > 1;
  return JSON.stringify({
    receivers: { otlp: { protocols: { grpc: { endpoint: `${host}:${OTLP_PORT}` } } } },
    processors: {
      tail_sampling: {
        ...isPool && { peers: 'trace_peers' },
        decision_wait: `${WAIT_SECONDS}s`,
        policies: [{
          name: 'share', type: 'probabilistic', probabilistic: { sampling_percentage: 10 },
        }],
      },
    },
    exporters: {
      otlp_grpc: {
        endpoint: `127.0.0.1:${backend}`, tls: { insecure: true }, compression: 'none',
      },
    },
    extensions: !isPool ? {} : {
      trace_peers: {
        address: host,
        endpoint: `${host}:${PEERS_PORT}`,
        resolver: { static: { hostnames: pods.map((pod) => `${pod}:${OTLP_PORT}`) } },
        resolver_delay: '500ms',
      },
    },
    service: {
      extensions: isPool ? ['trace_peers'] : [],
      telemetry: { logs: { level: 'error' }, metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['tail_sampling'], exporters: ['otlp_grpc'] },
      },
    },
  });
}

/** Microseconds of CPU time of all pods for each span that the first one was sent. */
async function costOf(pods: readonly string[]): Promise<number> {
  const sink = openSink(carriage, NO_TLS);
  const [backend] = (await sink.running).ports;
  const collectors = pods.map((host) => {
    const file = join(WORK, `${host}.yaml`);
    writeFileSync(file, configOf(host, pods, backend));
    return start(onCore(MEASURED_CORE,
      [process.execPath, 'runtime/dist/otelgw.js', 'run', '--config', file]));
  });
  const used = (): number =>
    collectors.reduce((sum, { pid }) => sum + cpuSeconds(pid ?? 0), 0);
  await sleep(3000);
  const load = openLoad(carriage, `${pods[0]}:${OTLP_PORT}`, RATE);
  await load.running;
  await sleep(1000 * SETTLE_SECONDS);
  const [before, began] = [await load.report(), used()];
  await sleep(1000 * SECONDS);
  const cost = 1e6 * (used() - began) / ((await load.report()).accepted - before.accepted);
  const { failure, refused } = await load.stop();
  if (refused > 0) throw new Error(`forwarding: must be taken, got ${refused} refused: ${failure}`);
  for (const told of [load, sink]) told.close();
  for (const collector of collectors) collector.kill('SIGKILL');
  await sleep(500);
  return cost;
}

async function main(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await costOf(['127.0.0.1']);
    const pool = await costOf(['127.0.0.1', '127.0.0.2']);
    const share = (pool - alone) / (1 / 2) / alone;
    console.log(`requests of ${SPANS}: alone ${alone.toFixed(2)} µs a span, two pods with half of`
      + ` all passed on ${pool.toFixed(2)} µs; a hop costs ${(100 * share).toFixed(0)} %`);
  }
}

main().then(() => process.exit(0), (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
