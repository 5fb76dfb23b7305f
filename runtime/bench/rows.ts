/** What is measured: a row is one pipeline under one load. */
import type { Pipeline } from './configs';
import type { Carriage } from './traffic';

/** How a row is loaded: as fast as it answers, at a rate, or at half of what Go sustains. */
export type Pace = 'saturated' | 'paced' | 'half load';

/** What a tail sampler is told, and how many spans that makes it hold. */
export interface Sampling {
  /** How many policies there are: 3, or up to 15. */
  readonly policies: number;
  /** Spans per second. */
  readonly rate: number;
  readonly waitSeconds: number;
}

/** One row of the tables. */
export interface Row {
  /** What it is called, and selected by. */
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly carriage: Carriage;
  readonly pace: Pace;
  /** Spans per second of a paced row, if not the usual ones. */
  readonly rate?: number;
  /** Backends that a row of routing has. */
  readonly backends?: number;
  /** What a row of tail sampling has. */
  readonly sampling?: Sampling;
  /** How many times Go's spans per CPU-second ours are meant to be. */
  readonly aim?: number;
  /** Whether a run that is not of all rows has it. */
  readonly isUsual: boolean;
}

/** Spans per second of paced rows. */
export const PACED_RATE = 30_000;

const CARRIAGES: Readonly<Record<string, Omit<Carriage, 'spans'>>> = {
  'gRPC': { protocol: 'grpc', gzip: false, tls: false },
  'HTTP': { protocol: 'http', gzip: false, tls: false },
  'gRPC gzip': { protocol: 'grpc', gzip: true, tls: false },
  'gRPC TLS': { protocol: 'grpc', gzip: false, tls: true },
};
const USUAL = new Set([
  'gRPC 100 saturated', 'gRPC 100 paced', 'gRPC 1000 saturated', 'gRPC 1000 paced',
  'gRPC 1000 half load', 'gRPC 8192 saturated', 'HTTP 1000 saturated', 'gRPC gzip 1000 saturated',
  'gRPC TLS 1000 saturated',
]);
const SATURATED_AIM = 10;
const PACED_AIM = 5;
const GZIP_AIM = 3;
const TLS_AIM = 5;

function aimOf({ gzip, tls, spans }: Carriage, pace: Pace): number | undefined {
  if (pace === 'half load') return undefined;
  if (gzip) return GZIP_AIM;
  if (tls) return TLS_AIM;
  if (pace === 'paced') return PACED_AIM;
  return spans <= 1000 ? SATURATED_AIM : undefined;
}

function plainRows(): Row[] {
  return Object.entries(CARRIAGES).flatMap(([kind, how]) =>
    [100, 1000, 8192].flatMap((spans) =>
      (['saturated', 'paced', 'half load'] as const).map((pace): Row => {
        const name = `${kind} ${spans} ${pace}`;
        const carriage = { ...how, spans };
        const aim = aimOf(carriage, pace);
        return { name, pipeline: 'plain', carriage, pace, aim, isUsual: USUAL.has(name) };
      })));
}

const USUAL_ROUTING = new Set([
  'routing 3 backends 1000 saturated', 'routing 10 backends 100 saturated',
  'routing 10 backends 1000 saturated', 'routing 10 backends 8192 saturated',
  'routing 10 backends 100 paced', 'routing 10 backends 1000 paced',
  'routing 100 backends 1000 saturated', 'routing 10 backends gzip 1000 saturated',
]);

function routingRows(): Row[] {
  return ['gRPC', 'gRPC gzip'].flatMap((kind) => [3, 10, 100].flatMap((backends) =>
    [100, 1000, 8192].flatMap((spans) => (['saturated', 'paced'] as const).map((pace): Row => {
      const carriage = { ...CARRIAGES[kind], spans };
      const name = `routing ${backends} backends${kind.slice(4)} ${spans} ${pace}`;
      const aim = aimOf(carriage, pace) ?? SATURATED_AIM;
      const isUsual = USUAL_ROUTING.has(name);
      return { name, pipeline: 'routing', carriage, pace, backends, aim, isUsual };
    }))));
}

const TAIL_AIM = 8;

/** What a tail row is: spans held are its rate times its wait. */
interface TailRow {
  readonly name: string;
  readonly rate: number;
  readonly waitSeconds: number;
  readonly policies?: number;
  readonly spans?: number;
  readonly traceSpans?: number;
}

const TAIL_ROWS: readonly TailRow[] = [
  { name: '200k held', rate: 20_000, waitSeconds: 10 },
  { name: '200k held, 15 policies', rate: 20_000, waitSeconds: 10, policies: 15 },
  { name: '200k held, traces of 200', rate: 20_000, waitSeconds: 10, traceSpans: 200 },
  { name: '200k held, requests of 100', rate: 20_000, waitSeconds: 10, spans: 100 },
  { name: '500k held', rate: 50_000, waitSeconds: 10 },
  { name: '1M held', rate: 30_000, waitSeconds: 34 },
  { name: '1M held at 100k/s', rate: 100_000, waitSeconds: 10 },
];

function tailRows(): Row[] {
  return TAIL_ROWS.map(({ name, rate, waitSeconds, policies = 3, spans = 1000, ...traces }) => ({
    name: `tail ${name}`,
    pipeline: 'tail',
    carriage: { ...CARRIAGES.gRPC, spans, traceSpans: traces.traceSpans ?? TRACE_SPANS },
    pace: 'paced',
    rate,
    sampling: { policies, rate, waitSeconds },
    aim: TAIL_AIM,
    isUsual: true,
  }));
}

const TRACE_SPANS = 9;

/** Rows that `selection` (parts of names, with commas between them) names, or all usual ones. */
export function chosenRows(selection: string, isFull: boolean): Row[] {
  const all = [...plainRows(), ...routingRows(), ...tailRows()];
  if (selection === '') return all.filter(({ isUsual }) => isUsual || isFull);
  const parts = selection.split(',').map((part) => part.trim());
  return all.filter(({ name }) => parts.some((part) => name.includes(part)));
}
