/**
 * What holding, deciding and releasing spans costs inside the tail sampler, without sockets.
 *
 * `npx esbuild --bundle --platform=node runtime/bench/tail-hold.ts --outfile=/tmp/tail-hold.js &&
 * node /tmp/tail-hold.js [held spans] [spans per request] [go | journal]` — through tsx every
 * imported variable is a property access. Spans of about 560 bytes with 10 attributes, 4 resources,
 * 5 spans per trace that arrive in 3 requests; about one trace in eight is kept. CPU time is that
 * of `consume` and of ticks; the making of requests is not counted. `go` writes the fields of
 * messages from the last to the first, as the Go collector does; `journal` keeps what is held on
 * disk, in the folder for temporary files, with 16 requests under way at a time.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchRequest } from './request';
import type { Clock } from '../clock';
import type { PolicySettings, TailSamplingSettings } from '../config';
import { SpanIndex } from '../otlp/span-index';
import { createPayload, type Payload } from '../pipeline/payload';
import { createTailSamplingProcessor } from '../processors/tail-sampling/tail-sampling';
import { PrometheusMetrics } from '../telemetry/prometheus-metrics';
import { inCollectorOrder } from '../testing/collector-order';
import { RecordingLogger } from '../testing/recording-logger';

const [held, size] = [Number(process.argv[2] ?? 400_000), Number(process.argv[3] ?? 1000)];
const SPANS_PER_TRACE = 5;
const REQUESTS_PER_TRACE = 3;
const WAIT_TICKS = 10;
const MEASURED_TICKS = 20;
const MICROSECONDS = 1e6;
/** Requests that are made at once: as from a socket, they should lie in a cache when read. */
const SPANS_PER_ROUND = 1000;
const hasJournal = process.argv[4] === 'journal';
/** Senders that wait for their answers, where there is something to wait for. */
const SENDERS = 16;
const perRound = hasJournal ? SENDERS : Math.max(1, Math.floor(SPANS_PER_ROUND / size));
const requestsPerTick = Math.max(1, Math.round(held / (WAIT_TICKS + 0.5) / size));

const policies: PolicySettings[] = [
  { name: 'errors', type: 'status_code', statusCode: { statusCodes: ['ERROR'] } },
  { name: 'slow', type: 'latency', latency: { thresholdMs: 1000, upperThresholdMs: 0 } },
  {
    name: 'admin',
    type: 'string_attribute',
    stringAttribute: {
      key: 'app.user.id',
      values: ['admin'],
      enabledRegexMatching: false,
      cacheMaxSize: 0,
      invertMatch: false,
    },
  },
  { name: 'rest', type: 'probabilistic', probabilistic: { hashSalt: '', samplingPercentage: 12 } },
];
const settings: TailSamplingSettings = {
  decisionWait: WAIT_TICKS * 1000,
  decisionWaitAfterRootReceived: 0,
  numTraces: Math.ceil(held / SPANS_PER_TRACE * 2),
  expectedNewTracesPerSec: 0,
  decisionCache: { sampledCacheSize: 0, nonSampledCacheSize: 0 },
  sampleOnFirstMatch: false,
  dropPendingTracesOnShutdown: false,
  maximumTraceSizeBytes: 0,
  usetracestate: false,
  recordpolicy: false,
  metricstatcountspanssampled: false,
  metricstatcountbytessampled: false,
  blockOnOverflow: false,
  samplingStrategy: 'trace-complete',
  numShards: 1,
  decisionQuietPeriod: 0,
  detectSplitTraces: process.argv[4] !== 'no-detection',
  journal: hasJournal
    ? { directory: mkdtempSync(join(tmpdir(), 'otelgw-bench-')), maxMib: 65_536 } : undefined,
  policies,
};

let tick = (): void => undefined;
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: () => { throw new RangeError('bench: must never retry, got a refused payload'); },
  every: (_ms, task) => {
    tick = task;
    return { cancel: () => undefined };
  },
};

let released = 0;
let longestSlice = 0;
const metrics = new PrometheusMetrics();
const sampler = createTailSamplingProcessor(settings, {
  id: 'tail_sampling',
  signal: 'traces',
  clock,
  log: new RecordingLogger(),
  metrics,
  extension: () => undefined,
  next: { consume: ({ items }) => { released += items; } },
});

const asWritten = benchRequest(size);
const template = process.argv[4] === 'go'
  ? inCollectorOrder('ExportTraceServiceRequest', asWritten) : Buffer.from(asWritten);
const index = new SpanIndex();
index.read(template);
const idAt = [...index.traceIdAt.subarray(0, size)];
let requests = 0;

/** A request whose spans belong to traces that are spread over it and its neighbours. */
function nextRequest(): Payload {
  const bytes = Buffer.from(template);
  const window = Math.floor(requests / REQUESTS_PER_TRACE);
  const traces = Math.ceil(size * REQUESTS_PER_TRACE / SPANS_PER_TRACE);
  const first = window * traces;
  idAt.forEach((at, span) => {
    const trace = first + (span * 7 + requests * 13) % traces;
    bytes.writeUInt32LE(Math.imul(trace, 0x9e37_79b1) >>> 0, at);
    bytes.writeUInt32LE(trace >>> 0, at + 4);
    bytes.writeUInt32LE(Math.imul(trace, 0x85eb_ca77) >>> 0, at + 8);
    bytes.writeUInt32LE(Math.imul(trace, 0xc2b2_ae3d) >>> 0, at + 12);
  });
  requests += 1;
  return createPayload('traces', [bytes], size);
}

const spent = { arrival: 0, ticks: 0 };

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

async function second(): Promise<void> {
  for (let left = requestsPerTick; left > 0;) {
    const some = Array.from({ length: Math.min(left, perRound) }, nextRequest);
    left -= some.length;
    const before = cpu();
    const answers = some.map((payload) => sampler.consume(payload));
    if (hasJournal) await Promise.all(answers);
    spent.arrival += cpu() - before;
  }
  const before = cpu();
  let began = performance.now();
  const ticks = (): number => metrics.value(
    'otelcol_processor_tail_sampling_sampling_decision_timer_latency') ?? 0;
  const seen = ticks();
  tick();
  longestSlice = Math.max(longestSlice, performance.now() - began);
  while (ticks() === seen) {
    began = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    longestSlice = Math.max(longestSlice, performance.now() - began);
  }
  spent.ticks += cpu() - before;
}

/** Bytes that were given to the kernel to write. */
function writtenBytes(): number {
  return Number(/wchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

function residentBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().rss;
}

async function main(): Promise<void> {
  const atStart = residentBytes();
  await sampler.start();
  for (let tickNumber = 0; tickNumber <= WAIT_TICKS * 2; tickNumber += 1) await second();
  spent.arrival = spent.ticks = released = longestSlice = 0;
  const written = writtenBytes();
  for (let tickNumber = 0; tickNumber < MEASURED_TICKS; tickNumber += 1) await second();
  const spans = MEASURED_TICKS * requestsPerTick * size;
  const pending = metrics.value('otelgw_tail_sampling_held_spans') ?? 0;
  const perSpan = (microseconds: number): number => Math.round(microseconds * 1000 / spans);
  console.log(JSON.stringify({
    spansPerRequest: size,
    heldSpans: pending,
    payloadBytesPerSpan: Math.round(template.length / size),
    keptShare: Number((released / spans).toFixed(3)),
    arrivalNs: perSpan(spent.arrival),
    decideAndReleaseNs: perSpan(spent.ticks),
    spansPerCpuSecond: Math.round(spans / ((spent.arrival + spent.ticks) / MICROSECONDS)),
    reservedBytesPerHeldSpan: Math.round(
      (metrics.value('otelgw_tail_sampling_held_bytes') ?? 0) / pending),
    residentBytesPerHeldSpan: Math.round((residentBytes() - atStart) / pending),
    longestSliceMs: Math.round(longestSlice),
    ...hasJournal && {
      writtenBytesPerSpan: Math.round((writtenBytes() - written) / spans),
      unwrittenSpans: metrics.value('otelgw_tail_sampling_journal_unwritten_spans'),
    },
  }));
  if (settings.journal !== undefined) rmSync(settings.journal.directory, { recursive: true });
  process.exit(0);
}

void main();
