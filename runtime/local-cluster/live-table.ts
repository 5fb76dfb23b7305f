/** Shows a running cluster: a table that is drawn anew in place, or a line now and then. */
import type { PodRow, Snapshot } from './cluster-monitor';

/** Where the table is drawn. */
export interface Screen {
  /** Whether lines can be drawn over. */
  readonly isTTY?: boolean;
  /** Width in characters. */
  readonly columns?: number;
  /** Writes. */
  write(text: string): unknown;
}

const HEADINGS = ['pod', 'node', 'state', 'restarts', 'spans/s in', 'spans/s out', 'held traces'];
/** On a screen that only scrolls, a line for every so many looks. */
const LOOKS_PER_LINE = 5;

/** `rows` under `headings`, in columns; numbers stand on the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => /^[\d.,–]+$/.test(cell)
    ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join('  ').trimEnd());
}

/** Draws what happens in a cluster. */
export class LiveTable {
  private drawn = 0;
  private looks = 0;

  public constructor(private readonly screen: Screen) {}

  /** Shows `snapshot`; `title` says what the cluster does just now. */
  public show(title: string, snapshot: Snapshot): void {
    if (this.screen.isTTY === true) {
      this.redraw(tableOf(title, snapshot));
    } else if (this.looks++ % LOOKS_PER_LINE === 0) {
      this.screen.write(`${lineOf(title, snapshot)}\n`);
    }
  }

  /** Writes a line that stays. */
  public say(line: string): void {
    this.erase();
    this.screen.write(`${line}\n`);
  }

  /** Takes the table away. */
  public erase(): void {
    if (this.drawn > 0) this.screen.write(`\u001b[${this.drawn}A\u001b[J`);
    this.drawn = 0;
  }

  private redraw(lines: readonly string[]): void {
    this.erase();
    const width = this.screen.columns || 120;
    this.screen.write(lines.map((line) => `${line.slice(0, width - 1)}\n`).join(''));
    this.drawn = lines.length;
  }
}

function tableOf(title: string, { rows, kept, backendSpans }: Snapshot): string[] {
  const cells = rows.map(({ pod, spansIn, spansOut, held }) => [
    pod.identity.name, pod.identity.nodeName, pod.state, String(pod.restarts),
    String(Math.round(spansIn)), String(Math.round(spansOut)),
    held === undefined ? '–' : String(held),
  ]);
  return [
    '', title, '', ...alignColumns([HEADINGS, ...cells]), '',
    `kept by policy: ${keptText(kept)} · at backends: ${backendSpans} spans`,
  ];
}

function lineOf(title: string, { rows, kept, backendSpans }: Snapshot): string {
  const ready = rows.filter(({ pod }) => pod.state === 'ready').length;
  const sum = (value: (row: PodRow) => number): number =>
    Math.round(rows.reduce((total, row) => total + value(row), 0));
  return [
    title,
    `${ready} of ${rows.length} pods ready`,
    `held ${sum(({ held }) => held ?? 0)}`,
    `kept ${keptText(kept)}`,
    `at backends ${backendSpans} spans`,
  ].join(' · ');
}

function keptText(kept: ReadonlyMap<string, number>): string {
  return kept.size === 0 ? 'everything'
    : [...kept].map(([policy, count]) => `${policy} ${count}`).join(', ');
}
