/** One run of one collector under one load. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configOf } from './configs';
import { cpuSeconds, residentMiB } from './process-figures';
import { LOAD, onCore, OTHER_CORE, SAMPLER_VARIABLES, start, WORK } from './programs';
import type { Row, Sampling } from './rows';
import type { Side } from './sides';
import { median } from './statistics';
import {
  openLoad, openSink, startUpMs, type Carriage, type CertificateFiles, type Load, type Sent,
  type Sink,
} from './traffic';
import { CertificateAuthority } from '../local-cluster/certificate';

/** What one run found. */
export interface Measured {
  /** Spans per second of CPU time: the mean of those taken in and those passed on. */
  readonly perCpuSecond: number;
  /** Spans passed on per second. */
  readonly perSecond: number;
  /** Share of its core that the collector used. */
  readonly cores: number;
  /** Milliseconds until a request was answered, and until its spans were at the backend. */
  readonly answer: Quantiles;
  readonly arrival: Quantiles;
  /** Memory in MiB: idle before the load, in the middle of the run, and at most. */
  readonly idleMiB: number;
  readonly runningMiB: number;
  readonly peakMiB: number;
  /** Requests to backends for each one that came in. */
  readonly requestsOut: number;
  /** Spans that were accepted and should have arrived, but did not; below 0, too many did. */
  readonly lost: number;
  /** Bytes of memory for each span that a tail sampler held; 0 where none does. */
  readonly bytesPerHeldSpan: number;
  /** Why it is no figure; empty when it is one. */
  readonly fault: string;
}

/** Half and nearly all stay below. */
export interface Quantiles { readonly p50: number; readonly p99: number }

const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const WARM_UP_SECONDS = Number(process.env.BENCH_WARM_UP ?? 3);
/** Where others use the machine as well, a closed loop runs so many times longer. */
const MOST_PATIENCE = 5;
/** Requests of 8,192 spans come in fours or fives a second. */
const RATE_TOLERANCE = 0.15;
const IDLE_MS = 1000;
const SAMPLE_MS = 250;
const DRAIN_MS = 30_000;
/** Seconds after which what is due was decided and sent. */
const DECISION_SECONDS = 4;

const certificate = certificateFiles();
/** Runs so far, which have a counter each. */
let runs = 0;

function certificateFiles(): CertificateFiles {
  const authority = new CertificateAuthority(Date.now());
  const { cert, key } = authority.issue(['127.0.0.1', 'localhost']);
  const write = (name: string, text: string): string => {
    const file = join(WORK, name);
    writeFileSync(file, text);
    return file;
  };
  return {
    ca: write('ca.pem', authority.cert), cert: write('cert.pem', cert), key: write('key.pem', key),
  };
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

async function prepare(row: Row, sinks: readonly number[]): Promise<[string, number]> {
  const port = await freePort();
  const file = join(WORK, 'collector.yaml');
  writeFileSync(file, configOf({ ...row, port, sinks, certificate }));
  return [file, port];
}

/** Milliseconds from the start of a collector until it has accepted its first request. */
export async function measureStart(side: Side, row: Row): Promise<number> {
  const sink = openSink(row.carriage, certificate);
  const [file, port] = await prepare(row, (await sink.running).ports);
  const took = startUpMs(row.carriage, port, side.command(file));
  sink.close();
  return took;
}

interface Window {
  readonly seconds: number;
  readonly cpu: number;
  readonly accepted: number;
  readonly arrived: number;
  readonly requestsIn: number;
  readonly requestsOut: number;
  readonly answer: Quantiles;
  readonly arrival: Quantiles;
  readonly memory: readonly number[];
}

/**
 * Tells whether `seconds` have passed, and, under a closed loop, half as many of CPU time: what
 * runs now and then only would still compile its code when it is measured.
 */
function passing(pid: number, seconds: number, isSaturated: boolean): () => boolean {
  const began = performance.now();
  const cpu = cpuSeconds(pid);
  return () => {
    const passed = (performance.now() - began) / 1000;
    if (passed < seconds) return false;
    return !isSaturated || passed >= MOST_PATIENCE * seconds
      || cpuSeconds(pid) - cpu >= seconds / 2;
  };
}

async function pass(pid: number, seconds: number, isSaturated: boolean): Promise<void> {
  const passes = passing(pid, seconds, isSaturated);
  while (!passes()) await sleep(SAMPLE_MS);
}

/** Looks at everything at the start and at the end of some seconds of load. */
async function watch(
  pid: number, load: Load, sink: Sink, isSaturated: boolean,
): Promise<Window> {
  load.reset();
  sink.reset();
  const [sentBefore, arrivedBefore] = await Promise.all([load.report(), sink.report()]);
  const cpuBefore = cpuSeconds(pid);
  const began = performance.now();
  const memory: number[] = [];
  const passes = passing(pid, SECONDS, isSaturated);
  while (!passes()) {
    await sleep(SAMPLE_MS);
    memory.push(residentMiB(pid));
  }
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuSeconds(pid) - cpuBefore;
  const [sent, arrived] = await Promise.all([load.report(), sink.report()]);
  return {
    seconds,
    cpu,
    accepted: sent.accepted - sentBefore.accepted,
    arrived: arrived.spans - arrivedBefore.spans,
    requestsIn: sent.requests - sentBefore.requests,
    requestsOut: arrived.requests - arrivedBefore.requests,
    answer: { p50: sent.p50, p99: sent.p99 },
    arrival: { p50: arrived.p50, p99: arrived.p99 },
    memory,
  };
}

/** Runs `side` under the load of `row`; `rate` is in spans per second, 0 is a closed loop. */
export async function measure(side: Side, row: Row, rate: number): Promise<Measured> {
  const { backends = 1, carriage, sampling } = row;
  // A tail sampler holds what has not arrived: a closed loop does not wait for that.
  const counter = sampling === undefined ? join(WORK, `arrived-${++runs}`) : '';
  const sink = openSink(carriage, certificate, backends, counter);
  const [file, port] = await prepare(row, (await sink.running).ports);
  const isSampler = row.sampling !== undefined && !side.isGo;
  const collector = start(side.command(file), isSampler ? SAMPLER_VARIABLES : {});
  const pid = collector.pid ?? 0;
  await idle(port);
  const idleMiB = residentMiB(pid);
  const isSaturated = rate === 0;
  const warm = isSaturated || sampling !== undefined ? 0 : await warmUp(pid, carriage, port);
  const load = openLoad(carriage, `127.0.0.1:${port}`, rate, undefined, counter);
  await load.running;
  await pass(pid, WARM_UP_SECONDS + (sampling?.waitSeconds ?? 0), isSaturated);
  // No closed loop can warm up a sampler, as what it brings would be held; so its rate runs longer.
  if (sampling !== undefined) await pass(pid, WARM_UP_SECONDS, true);
  const window = await watch(pid, load, sink, isSaturated);
  const sent = await load.stop();
  // What is decided only because the collector ends comes all at once, which nobody would run.
  if (sampling !== undefined) await sleep(1000 * (sampling.waitSeconds + DECISION_SECONDS));
  const ended = once(collector, 'close');
  collector.kill('SIGTERM');
  const isDrained = await Promise.race([ended.then(() => true), sleep(DRAIN_MS, false)]);
  if (!isDrained) collector.kill('SIGKILL');
  const arrived = await sink.report();
  for (const told of [load, sink]) told.close();
  const due = sampling === undefined ? warm + sent.accepted : sent.due;
  const lost = due - arrived.spans;
  return {
    ...summary(window, sampling),
    idleMiB,
    lost,
    bytesPerHeldSpan: bytesPerHeldSpan(window, idleMiB, sampling),
    fault: faultOf(window, sent, {
      lost, rate, isDrained, isLimit: side.isGo && sampling !== undefined,
    }),
  };
}

/** Bytes for each span that waits for its decision, the idle process left out. */
function bytesPerHeldSpan(
  { accepted, memory, seconds }: Window, idleMiB: number, sampling: Sampling | undefined,
): number {
  if (sampling === undefined) return 0;
  const held = accepted / seconds * sampling.waitSeconds;
  return (median(memory) - idleMiB) * 2 ** 20 / held;
}

/** Waits until the collector listens and has nothing left to do of its start. */
async function idle(port: number): Promise<void> {
  await once(start(onCore(OTHER_CORE, [LOAD, 'wait', '-to', `127.0.0.1:${port}`])), 'close');
  await sleep(IDLE_MS);
}

/**
 * Sends one request at a time for some seconds; tells how many spans were accepted. A process that
 * has run for long has its code compiled, which few requests per second would not bring about here.
 */
async function warmUp(pid: number, carriage: Carriage, port: number): Promise<number> {
  const load = openLoad(carriage, `127.0.0.1:${port}`, 0, 1);
  await load.running;
  await pass(pid, WARM_UP_SECONDS, true);
  const { accepted } = await load.stop();
  load.close();
  return accepted;
}

type Summary = Omit<Measured, 'idleMiB' | 'lost' | 'bytesPerHeldSpan' | 'fault'>;

function summary(window: Window, sampling: Sampling | undefined): Summary {
  const { accepted, answer, arrived, cpu, memory, seconds } = window;
  const isSampled = sampling !== undefined;
  const spans = isSampled ? accepted : (accepted + arrived) / 2;
  return {
    perCpuSecond: spans / cpu,
    perSecond: (isSampled ? accepted : arrived) / seconds,
    cores: cpu / seconds,
    answer,
    arrival: beyond(window.arrival, 1000 * (sampling?.waitSeconds ?? 0)),
    runningMiB: median(memory),
    peakMiB: Math.max(...memory),
    requestsOut: window.requestsOut / window.requestsIn,
  };
}

/** What is left of times when they must be at least `ms`. */
function beyond({ p50, p99 }: Quantiles, ms: number): Quantiles {
  return { p50: Math.max(0, p50 - ms), p99: Math.max(0, p99 - ms) };
}

/** What a run is judged by. */
interface Judged {
  readonly lost: number;
  readonly rate: number;
  readonly isDrained: boolean;
  /** Whether losing, refusing and falling behind are what the row shows. */
  readonly isLimit: boolean;
}

function faultOf(window: Window, sent: Sent, { lost, rate, isDrained, isLimit }: Judged): string {
  const { accepted, arrived, seconds } = window;
  if (!isDrained) return 'did not end';
  if (accepted === 0 || arrived === 0) return 'nothing went through';
  if (isLimit) return '';
  if (lost !== 0) return `${lost} spans lost`;
  if (sent.refused > 0) return `${sent.refused} spans refused (${sent.failure})`;
  const share = accepted / seconds / rate;
  const isHeld = rate === 0 || Math.abs(share - 1) < RATE_TOLERANCE;
  return isHeld ? '' : `${(100 * share).toFixed(0)} % of the rate, so something else was too slow`;
}
