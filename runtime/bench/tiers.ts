/**
 * Spans per CPU-second of one collector process as a plain, a load-balancing and a tail-sampling
 * tier; what the figures mean is told in docs/benchmarks.md.
 *
 * The collector runs alone on one core (where `taskset` is to be had), load and backends on the
 * other. Counted is the CPU time of the collector's process only, second by second; a run whose
 * backends did not count every accepted span is reported as such, not as a figure.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { loadBalancingConfig, plainConfig, tailSamplingConfig } from './tier-configs';

const ROOT = join(__dirname, '..', '..');
const SECONDS = Number(process.env.BENCH_SECONDS ?? 8);
/** Only tiers whose name has this in it. */
const ONLY = process.env.BENCH_ONLY ?? '';
/** Another bundle, to compare two, or words for Node.js before it, to profile one. */
const PROGRAM = (process.env.BENCH_PROGRAM ?? 'runtime/dist/otelgw.js').split(' ');
/** Seconds at the start that do not count, while code is compiled and connections open. */
const WARM_UP = 1;
const TICKS_PER_SECOND = 100;
const CONNECTIONS = 4;
const IN_FLIGHT = 4;
const pinned = spawnSync('taskset', ['-c', '0', 'true']).status === 0;
const work = mkdtempSync(join(tmpdir(), 'otelgw-bench-'));
const children = new Set<ChildProcess>();

interface Counts { readonly spans: number; readonly requests: number }
interface Load { readonly sent: number; readonly accepted: number; readonly refused: number }

function start(core: number, words: readonly string[]): ChildProcess {
  const command = pinned ? ['taskset', '-c', String(core), ...words] : [...words];
  const child = spawn(command[0], command.slice(1), {
    cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' },
  });
  children.add(child);
  child.on('close', () => children.delete(child));
  return child;
}

function nextLine(lines: Interface): Promise<string> {
  return new Promise((resolve) => lines.once('line', resolve));
}

class Sink {
  public static async open(): Promise<Sink> {
    const child = start(1, [process.execPath, '--import', 'tsx', 'runtime/bench/sink.ts']);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    return new Sink(child, lines, Number(await nextLine(lines)));
  }

  private constructor(
    private readonly child: ChildProcess, private readonly lines: Interface,
    public readonly port: number,
  ) {}

  public async counts(): Promise<Counts> {
    const line = nextLine(this.lines);
    this.child.stdin?.write('\n');
    return JSON.parse(await line) as Counts;
  }

  public close(): void {
    this.child.stdin?.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The most memory that the process ever held. */
function peakMiB(pid: number): number {
  const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    http.get({ host: '127.0.0.1', port }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: must come true within 10 s, got nothing`);
}

/** What one run of the load found. */
interface Measured extends Load {
  /** Spans per CPU-second, in each second after the warm-up. */
  readonly rates: readonly number[];
}

/** Runs the load, and looks at the collector's CPU time whenever the load tells how far it is. */
async function load(port: number, spans: number, pid: number): Promise<Measured> {
  const child = start(1, [process.execPath, '--import', 'tsx', 'runtime/bench/load.ts',
    port, spans, CONNECTIONS, IN_FLIGHT, SECONDS + WARM_UP].map(String));
  const rates: number[] = [];
  let last: Load = { sent: 0, accepted: 0, refused: 0 };
  let lastCpu = cpuSeconds(pid);
  let seconds = 0;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const now = JSON.parse(line) as Load;
    const cpu = cpuSeconds(pid);
    // The last line comes when the load has ended, not after a second.
    if (seconds >= WARM_UP && seconds < WARM_UP + SECONDS) {
      rates.push((now.accepted - last.accepted) / (cpu - lastCpu));
    }
    seconds += 1;
    last = now;
    lastCpu = cpu;
  }
  return { ...last, rates: rates.sort((one, other) => one - other) };
}

interface Tier {
  readonly name: string;
  readonly sinks: number;
  /** Whether every span that is accepted must reach a sink. */
  readonly keepsAll: boolean;
  readonly config: (ports: Ports) => string;
}

/** Ports that a tier's configuration names. */
export interface Ports {
  /** Where the collector takes OTLP/gRPC. */
  readonly otlp: number;
  /** Where it answers probes. */
  readonly health: number;
  /** Where its backends are. */
  readonly sinks: readonly number[];
}

async function totals(sinks: readonly Sink[]): Promise<Counts> {
  const all = await Promise.all(sinks.map((sink) => sink.counts()));
  return all.reduce((sum, { spans, requests }) =>
    ({ spans: sum.spans + spans, requests: sum.requests + requests }));
}

async function measure(tier: Tier, spans: number): Promise<object> {
  const sinks = await Promise.all(Array.from({ length: tier.sinks }, () => Sink.open()));
  const ports = {
    otlp: await freePort(), health: await freePort(), sinks: sinks.map(({ port }) => port),
  };
  const file = join(work, `${tier.name}.yaml`);
  writeFileSync(file, tier.config(ports));
  const collector = start(
    0, [process.execPath, ...PROGRAM, 'run', '--config', file, ...(process.env.BENCH_RUN ?? '').split(' ').filter(Boolean)]);
  const pid = collector.pid ?? 0;
  await until('the collector is ready', () => isReady(ports.health));
  const { accepted, refused, rates } = await load(ports.otlp, spans, pid);
  const peak = peakMiB(pid);
  const ended = new Promise<void>((resolve) => collector.once('close', () => resolve()));
  collector.kill('SIGTERM');
  await ended;
  const { spans: arrived, requests } = await totals(sinks);
  for (const sink of sinks) sink.close();
  const lost = tier.keepsAll ? accepted - arrived : 0;
  return {
    'tier': tier.name,
    'spans/request': spans,
    'k spans/CPU-s': thousands(rates[rates.length >> 1]),
    'lowest … highest': `${thousands(rates[0])} … ${thousands(rates[rates.length - 1])}`,
    'ns/span': Math.round(1e9 / rates[rates.length >> 1]),
    'peak MiB': Math.round(peak),
    accepted,
    refused,
    'arrived in requests': requests,
    'lost': lost === 0 ? '0' : `${lost}: NOT A FIGURE`,
  };
}

function thousands(value: number): number {
  return Math.round(value / 1000);
}

const TIERS: readonly Tier[] = [
  { name: 'plain', sinks: 1, keepsAll: true, config: plainConfig },
  { name: 'load_balancing, 3 pods', sinks: 3, keepsAll: true, config: loadBalancingConfig },
  { name: 'tail_sampling, 2 s', sinks: 1, keepsAll: false, config: tailSamplingConfig },
];

async function main(): Promise<void> {
  console.log(`Node.js ${process.version}, ${pinned ? 'pinned to one core' : 'not pinned'},`
    + ` ${SECONDS} s each, ${CONNECTIONS} connections × ${IN_FLIGHT} in flight`);
  const rows: object[] = [];
  for (const tier of TIERS.filter(({ name }) => name.includes(ONLY))) {
    for (const spans of [100, 1000]) rows.push(await measure(tier, spans));
  }
  console.table(rows);
}

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(work, { recursive: true, force: true });
});
void main().then(() => process.exit(0));
