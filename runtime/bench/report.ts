/** What the rounds of a row come to, as tables for people. */
import type { Measured } from './measure';
import type { Row } from './rows';
import { median, ratioOf, spread, type Ratio } from './statistics';

/** What a held span is meant to take, as a share of what it takes in Go. */
const HELD_AIM = 1 / 5;
/** Quantiles are told to less than two in a hundred; below that, nothing is above anything. */
const SAME = 1.02;

/** All rounds of one side. */
export interface SideRounds {
  readonly name: string;
  readonly isGo: boolean;
  readonly rounds: readonly Measured[];
}

/** All rounds of one row. */
export interface RowResult {
  readonly row: Row;
  /** Spans per second that were sent; 0 is a closed loop. */
  readonly rate: number;
  readonly sides: readonly SideRounds[];
}

type Pick = (measured: Measured) => number;

function valuesOf(side: SideRounds, pick: Pick): number[] {
  return side.rounds.map(pick);
}

function middle(side: SideRounds, pick: Pick): number {
  return median(valuesOf(side, pick));
}

const thousands = (value: number): string => (value / 1000).toFixed(value < 100_000 ? 1 : 0);
const tenths = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

function ratioText({ of, spread: [low, high] }: Ratio): string {
  return `${of.toFixed(1)} (${low.toFixed(1)} … ${high.toFixed(1)})`;
}

/** Memory that the load took: beyond that of the idle process. */
export function beyondIdle({ idleMiB, runningMiB }: Measured): number {
  return Math.max(0, runningMiB - idleMiB);
}

/** Whether what is meant to be reached was reached; one sentence for each that was not. */
function verdictOf({ row }: RowResult, side: SideRounds, go: SideRounds | undefined): string {
  if (side.isGo || go === undefined) return '';
  const misses: string[] = [];
  const ratio = ratioOf(valuesOf(side, perCpu), valuesOf(go, perCpu)).of;
  if (row.aim !== undefined && ratio < row.aim) misses.push(`below ${row.aim} ×`);
  const isAbove = (pick: Pick): boolean => middle(side, pick) > middle(go, pick) * SAME;
  if (isAbove(({ answer }) => answer.p99)) misses.push('p99 of answers');
  if (isAbove(({ arrival }) => arrival.p99)) misses.push('p99 of arrival');
  if (row.sampling === undefined && isAbove(beyondIdle)) misses.push('memory');
  if (row.sampling !== undefined && middle(side, held) > middle(go, held) * HELD_AIM) {
    misses.push('memory above a fifth');
  }
  return misses.length === 0 ? 'met' : `not met: ${misses.join(', ')}`;
}

const held: Pick = ({ bytesPerHeldSpan }) => bytesPerHeldSpan;
const perCpu: Pick = ({ perCpuSecond }) => perCpuSecond;

/** The columns of one side of one row. */
export function columnsOf(result: RowResult, side: SideRounds): Record<string, string> {
  const go = result.sides.find(({ isGo }) => isGo);
  const pair = (pick: (measured: Measured) => { p50: number; p99: number }): string => {
    const most = middle(side, (one) => pick(one).p99);
    const half = middle(side, (one) => pick(one).p50);
    return most === 0 ? 'not timed' : `${tenths(half)} / ${tenths(most)}`;
  };
  const [low, high] = spread(valuesOf(side, perCpu));
  const faults = side.rounds.map(({ fault }) => fault).filter((fault) => fault !== '');
  const isFigure = faults.length === 0;
  const ratio = side.isGo || go === undefined
    ? '' : ratioText(ratioOf(valuesOf(side, perCpu), valuesOf(go, perCpu)));
  return {
    'row': result.row.name,
    'side': side.name,
    'k spans/CPU-s': isFigure
      ? `${thousands(middle(side, perCpu))} (${thousands(low)} … ${thousands(high)})`
      : `no figure: ${faults[0]}`,
    '× Go': isFigure && !hasFault(go) ? ratio : '',
    'k spans/s': thousands(middle(side, ({ perSecond }) => perSecond)),
    'cores': middle(side, ({ cores }) => cores).toFixed(2),
    'answer p50 / p99, ms': pair(({ answer }) => answer),
    'arrival p50 / p99, ms': pair(({ arrival }) => arrival),
    'MiB idle + load (peak)': `${tenths(middle(side, ({ idleMiB }) => idleMiB))} + `
      + `${tenths(middle(side, beyondIdle))} (${tenths(middle(side, ({ peakMiB }) => peakMiB))})`,
    ...result.row.sampling !== undefined && {
      'bytes a held span': middle(side, held).toFixed(0),
      'kept spans lost': side.rounds.map(({ lost }) => lost).join(', '),
    },
    'aims': isFigure && !hasFault(go) ? verdictOf(result, side, go) : '',
  };
}

function hasFault(side: SideRounds | undefined): boolean {
  return side?.rounds.some(({ fault }) => fault !== '') ?? false;
}

/** A table in Markdown. */
export function markdownTable(rows: readonly Record<string, string>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(names), line(names.map(() => '---')),
    ...rows.map((row) => line(names.map((name) => row[name])))].join('\n');
}
