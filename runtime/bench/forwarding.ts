/**
 * What it costs that a span goes to another pod: the same load on two samplers that know nothing
 * of each other, and on two that are a pool, where each passes on half of what it gets.
 * `npx tsx runtime/bench/forwarding.ts [spans]`, where `spans` is how many one request has (1000),
 * with the bundle and the bench's programs built; BENCH_RATE, BENCH_ROUNDS and BENCH_PROGRAM are
 * as for `npm run bench`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from './process-figures';
import { MEASURED_CORE, onCore, SAMPLER_VARIABLES, start, WORK } from './programs';
import { openLoad, openSink, type Carriage, type CertificateFiles } from './traffic';

const SPANS = Number(process.argv[2] ?? 1000);
/** Spans in a second, half of them to each pod. */
const RATE = Number(process.env.BENCH_RATE ?? 60_000);
const PROGRAM = (process.env.BENCH_PROGRAM ?? 'runtime/dist/otelgw.js').split(' ');
const PODS = ['127.0.0.1', '127.0.0.2'];
/** Of all spans. */
const FORWARDED = 1 / 2;
const WAIT_SECONDS = 4;
const NUM_TRACES = 200_000;
/** Until all is compiled and tables are as large as they get. */
const SETTLE_SECONDS = 40;
const SECONDS = 10;
const OTLP_PORT = 14_317;
const PEERS_PORT = 14_319;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);

const carriage: Carriage = {
  protocol: 'grpc', gzip: false, tls: false, spans: SPANS, traceSpans: 9,
};
const NO_TLS: CertificateFiles = { ca: '', cert: '', key: '' };

function configOf(host: string, isPool: boolean, backend: number): string {
  return JSON.stringify({
    receivers: { otlp: { protocols: { grpc: { endpoint: `${host}:${OTLP_PORT}` } } } },
    processors: {
      tail_sampling: {
        ...isPool && { peers: 'trace_peers' },
        decision_wait: `${WAIT_SECONDS}s`,
        num_traces: NUM_TRACES,
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
        resolver: { static: { hostnames: PODS.map((pod) => `${pod}:${OTLP_PORT}`) } },
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

/** Microseconds of CPU time of both pods for each span that they were sent. */
async function costOf(isPool: boolean): Promise<number> {
  const sink = openSink(carriage, NO_TLS);
  const [backend] = (await sink.running).ports;
  const collectors = PODS.map((host) => {
    const file = join(WORK, `${host}.yaml`);
    writeFileSync(file, configOf(host, isPool, backend));
    const command = [process.execPath, ...PROGRAM, 'run', '--config', file];
    return start(onCore(MEASURED_CORE, command), SAMPLER_VARIABLES);
  });
  const used = (): number =>
    collectors.reduce((sum, { pid }) => sum + cpuSeconds(pid ?? 0), 0);
  await sleep(3000);
  const loads = PODS.map((host) => openLoad(carriage, `${host}:${OTLP_PORT}`, RATE / PODS.length));
  const accepted = async (): Promise<number> => {
    const reports = await Promise.all(loads.map((load) => load.report()));
    return reports.reduce((sum, report) => sum + report.accepted, 0);
  };
  await Promise.all(loads.map(({ running }) => running));
  await sleep(1000 * SETTLE_SECONDS);
  const [before, began] = [await accepted(), used()];
  await sleep(1000 * SECONDS);
  const cost = 1e6 * (used() - began) / (await accepted() - before);
  for (const load of loads) {
    const { failure, refused } = await load.stop();
    if (refused > 0) {
      throw new Error(`forwarding: must be taken, got ${refused} refused: ${failure}`);
    }
  }
  for (const told of [...loads, sink]) told.close();
  for (const collector of collectors) collector.kill('SIGKILL');
  await sleep(500);
  return cost;
}

async function main(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const apart = await costOf(false);
    const pool = await costOf(true);
    const share = (pool - apart) / FORWARDED / apart;
    console.log(`requests of ${SPANS}: two pods apart ${apart.toFixed(2)} µs a span, as a pool that`
      + ` passes half of all on ${pool.toFixed(2)} µs; a hop costs ${(100 * share).toFixed(0)} %`);
  }
}

main().then(() => process.exit(0), (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
