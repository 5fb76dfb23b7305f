/** What is measured: a row is one pipeline under one load. */
import type { Pipeline } from './configs';
import type { Carriage } from './traffic';

/** How a row is loaded: as fast as it answers, at a rate, or at half of what Go sustains. */
export type Pace = 'saturated' | 'paced' | 'half load';

/** One row of the tables. */
export interface Row {
  /** What it is called, and selected by. */
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly carriage: Carriage;
  readonly pace: Pace;
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

function componentRows(): Row[] {
  return (['routing', 'tail'] as const).flatMap((pipeline) =>
    [100, 1000].flatMap((spans) => (['saturated', 'paced'] as const).map((pace): Row => ({
      name: `${pipeline} ${spans} ${pace}`,
      pipeline,
      carriage: { ...CARRIAGES.gRPC, spans },
      pace,
      isUsual: false,
    }))));
}

/** Rows that `selection` (parts of names, with commas between them) names, or all usual ones. */
export function chosenRows(selection: string, isFull: boolean): Row[] {
  const all = [...plainRows(), ...componentRows()];
  if (selection === '') {
    return all.filter(({ isUsual, pipeline }) => isUsual || (isFull && pipeline === 'plain'));
  }
  const parts = selection.split(',').map((part) => part.trim());
  return all.filter(({ name }) => parts.some((part) => name.includes(part)));
}
