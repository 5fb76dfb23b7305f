/**
 * Compares the runtime with the Go collector: the same load in the same run, one core each, in
 * turns. What the figures mean is told in docs/benchmarks.md, how to run it in README.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pipeline } from './configs';
import { measure, measureStart, type Measured } from './measure';
import { loadAverage, processorName } from './process-figures';
import { lastProfile, topFunctions } from './profile';
import { buildGoPrograms, IS_PINNED, output, ROOT } from './programs';
import { columnsOf, markdownTable, type RowResult } from './report';
import { chosenRows, PACED_RATE, type Row } from './rows';
import { allSides, type Side } from './sides';
import { median, ratioOf } from './statistics';
import { describeRequests } from './traffic';

const IS_FULL = process.env.BENCH_FULL === '1';
const IS_PROFILED = process.env.BENCH_PROFILE === '1';
const SELECTION = process.env.BENCH_ROWS ?? '';
const ROUNDS = IS_PROFILED ? 1 : Number(process.env.BENCH_ROUNDS ?? (IS_FULL ? 3 : 2));
const STARTS = 5;
const START_AIM_MS = 300;
const TOP_FUNCTIONS = 25;
const PAGE = join(ROOT, 'docs', 'benchmarks.md');
const PROFILES = join(tmpdir(), 'otelgw-bench-profiles');
const MARK = /(<!-- figures: npm run bench -->\n)[^]*(<!-- end of figures -->)/;

const nodes = (process.env.BENCH_NODE ?? process.execPath).split(',');
const sides = allSides(nodes, IS_PROFILED);
const rows = chosenRows(SELECTION, IS_FULL);
/** What Go was found to sustain, by pipeline and requests, in spans per second. */
const sustained = new Map<string, number>();

const kindOf = ({ name, pace }: Row): string => name.slice(0, -pace.length);

/** Half of what Go sustains; measured now when no row before this one did. */
async function rateOf(row: Row): Promise<number> {
  if (row.pace === 'saturated') return 0;
  if (row.pace === 'paced') return row.rate ?? PACED_RATE;
  const go = sides.find(({ isGo }) => isGo);
  if (go === undefined) return PACED_RATE;
  const known = sustained.get(kindOf(row));
  const rate = known ?? (await measure(go, { ...row, pace: 'saturated' }, 0)).perSecond;
  sustained.set(kindOf(row), rate);
  return Math.round(rate / 2);
}

async function runRow(row: Row): Promise<RowResult> {
  const rate = await rateOf(row);
  const found = sides.map((): Measured[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, side] of sides.entries()) {
      const measured = await measure(side, row, rate);
      found[index].push(measured);
      if (side.profileFolder !== undefined) printProfile(row, side.profileFolder);
    }
  }
  const result: RowResult = {
    row, rate, sides: sides.map(({ name, isGo }, index) => ({ name, isGo, rounds: found[index] })),
  };
  const go = result.sides.find(({ isGo }) => isGo);
  if (row.pace === 'saturated' && go !== undefined) {
    sustained.set(kindOf(row), median(go.rounds.map(({ perSecond }) => perSecond)));
  }
  return result;
}

function printProfile(row: Row, folder: string): void {
  const file = lastProfile(folder);
  mkdirSync(PROFILES, { recursive: true });
  const kept = join(PROFILES, `${row.name.replace(/ /g, '-')}.cpuprofile`);
  writeFileSync(kept, readFileSync(file));
  console.log(`\n${row.name}: ${kept}`);
  for (const { name, share } of topFunctions(file, TOP_FUNCTIONS)) {
    console.log(`${(100 * share).toFixed(1).padStart(6)} %  ${name}`);
  }
}

async function runStarts(side: Side): Promise<number[]> {
  const times: number[] = [];
  const [row] = chosenRows('gRPC 100 saturated', false);
  for (let i = 0; i < STARTS; i++) times.push(await measureStart(side, row));
  return times;
}

/** One sentence about how long each side takes to start. */
async function startTimes(): Promise<string> {
  const texts: string[] = [];
  for (const side of sides) {
    const times = await runStarts(side);
    const most = `${Math.min(...times).toFixed(0)} … ${Math.max(...times).toFixed(0)}`;
    const verdict = median(times) <= START_AIM_MS ? 'met' : 'not met';
    const aim = side.isGo ? '' : `, aim ≤ ${START_AIM_MS}: ${verdict}`;
    texts.push(`${side.name} ${median(times).toFixed(0)} ms (${most}${aim})`);
  }
  return `Start to the first accepted request, ${STARTS} times: ${texts.join('; ')}.`;
}

function conditions(before: number): string {
  const versions = nodes.map((node) => `Node.js ${output([node, '--version'])}`).join(', ');
  const requests = [100, 1000, 8192].map((spans) => {
    const { bytesPerSpan, gzipRatio } = describeRequests(
      { protocol: 'grpc', gzip: false, tls: false, spans });
    return `${spans} spans of ${bytesPerSpan} bytes (gzip ${gzipRatio.toFixed(1)} to 1)`;
  });
  return [
    `${new Date().toISOString().slice(0, 10)}, ${processorName()}, load average`
      + ` ${before.toFixed(1)} before and ${loadAverage().toFixed(1)} after,`
      + ` ${IS_PINNED ? 'one core each' : 'NOT held to cores'}; ${versions}, the Go collector`
      + ` 0.160.0 built with ${output(['go', 'env', 'GOVERSION'])}; ${ROUNDS} rounds.`,
    `Requests: ${requests.join(', ')}.`,
  ].join('\n');
}

const TITLES: Readonly<Record<Pipeline, string>> = {
  plain: 'Carrying: `memory_limiter`, `batch`',
  routing: 'Routing: `load_balancing`',
  tail: 'Sampling: `tail_sampling`',
};

function tables(results: readonly RowResult[]): string {
  return (Object.keys(TITLES) as Pipeline[]).flatMap((pipeline) => {
    const ours = results.filter(({ row }) => row.pipeline === pipeline);
    const lines = ours.flatMap((result) => result.sides.map((side) => columnsOf(result, side)));
    return lines.length === 0 ? [] : [`### ${TITLES[pipeline]}`, markdownTable(lines)];
  }).join('\n\n');
}

function printProgress(result: RowResult): void {
  const go = result.sides.find(({ isGo }) => isGo);
  for (const side of result.sides) {
    const values = side.rounds.map(({ perCpuSecond }) => perCpuSecond);
    const others = go?.rounds.map(({ perCpuSecond }) => perCpuSecond);
    const ratio = others === undefined || side.isGo
      ? '' : `, × ${ratioOf(values, others).of.toFixed(1)}`;
    const faults = side.rounds.map(({ fault }) => fault).join(' ').trim();
    console.log(`${result.row.name}, ${side.name}:`
      + ` ${values.map((value) => (value / 1000).toFixed(0)).join(' ')}${ratio} ${faults}`);
  }
}

async function main(): Promise<void> {
  buildGoPrograms();
  const before = loadAverage();
  const results: RowResult[] = [];
  for (const row of rows) {
    results.push(await runRow(row));
    printProgress(results[results.length - 1]);
  }
  if (IS_PROFILED) return;
  const text = [conditions(before), tables(results), await startTimes()]
    .join('\n\n');
  console.log(`\n${text}`);
  if (SELECTION !== '' || sides.length !== 2) return;
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, page.replace(MARK, (_, begin: string, end: string) =>
    `${begin}\n${text}\n\n${end}`));
}

main().then(() => process.exit(0), (error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
