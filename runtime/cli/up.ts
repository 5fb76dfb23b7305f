/** `otelgw up`: runs synthesized manifests on this machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { keepAlive } from '../clock';
import { parseGoDuration } from '../config';
import { messageOf } from '../errors';
import { UsageError } from './command';
import { ClusterRun, type RunPlan } from '../local-cluster/cluster-run';
import { alignColumns, LiveTable } from '../local-cluster/live-table';
import { LocalCluster } from '../local-cluster/local-cluster';
import { describeNotPlayed, loadManifests } from '../local-cluster/manifests';
import { isGreen, type Finding } from '../local-cluster/verdict';

interface UpOptions extends RunPlan {
  readonly paths: readonly string[];
  readonly nodes: number;
}

const HEADINGS = ['', 'verdict', 'found', 'wanted'];
const DEFAULT_RATE = '50';

/** Runs what the arguments name. Exit code 1 says that something was lost, split or refused. */
export async function runUp(argv: readonly string[]): Promise<number> {
  const options = parseUpOptions(argv);
  const manifests = loadManifests(options.paths);
  const refusals = new Set<string>();
  const table = new LiveTable(process.stdout);
  const alive = keepAlive();
  const cluster = await LocalCluster.create({
    manifests,
    program: podProgram(),
    nodes: options.nodes,
    seed: options.seed,
    refused: (sentence) => {
      if (!refusals.has(sentence)) table.say(`refused by the API server: ${sentence}`);
      refusals.add(sentence);
    },
  });
  const run = new ClusterRun(cluster, options, table, refusals);
  const release = takeOrders(run);
  try {
    introduce(cluster, table, describeNotPlayed(manifests));
    await cluster.start();
    const code = report(await run.run());
    cluster.keepsFolder = code !== 0;
    return code;
  } catch (thrown) {
    cluster.keepsFolder = true;
    throw thrown;
  } finally {
    const logs = join(cluster.folder, 'logs');
    cluster.keepsFolder &&= existsSync(logs);
    if (cluster.keepsFolder) console.log(`logs are kept in ${logs}`);
    release();
    await cluster.stop();
    alive.cancel();
  }
}

function parseUpOptions(argv: readonly string[]): UpOptions {
  try {
    const { values, positionals } = parseArgs({
      args: withDefaultRate(argv),
      allowPositionals: true,
      options: {
        'for': { type: 'string' },
        'traffic': { type: 'string' },
        'seed': { type: 'string', default: '1' },
        'nodes': { type: 'string', default: '2' },
        'at': { type: 'string', multiple: true, default: [] },
        'ready-within': { type: 'string', default: '60s' },
      },
    });
    if (positionals.length === 0) throw new Error('manifests: must be given, got no DIR or FILE');
    return {
      paths: positionals,
      rate: values.traffic === undefined ? undefined : numberOf('--traffic', values.traffic),
      forMs: values.for === undefined ? undefined : msOf('--for', values.for),
      seed: numberOf('--seed', values.seed),
      nodes: Math.max(1, Math.floor(numberOf('--nodes', values.nodes))),
      timed: values.at.map(timedCommand),
      readyWithinMs: msOf('--ready-within', values['ready-within']),
    };
  } catch (thrown) {
    throw new UsageError(messageOf(thrown));
  }
}

/** `--traffic` may stand alone; parseArgs only knows options that always or never have a value. */
function withDefaultRate(argv: readonly string[]): string[] {
  return argv.flatMap((word, index) => {
    if (word !== '--traffic' || /^\d/.test(argv[index + 1] ?? '')) return [word];
    return [`--traffic=${DEFAULT_RATE}`];
  });
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new Error(`${option}: must be a number, 0 or more, got "${text}"`);
}

function msOf(option: string, text: string): number {
  const ms = parseGoDuration(text);
  if (ms !== undefined && ms >= 0) return ms;
  throw new Error(`${option}: must be a duration such as 20s, got "${text}"`);
}

function timedCommand(text: string): { readonly atMs: number; readonly command: string } {
  const equals = text.indexOf('=');
  if (equals < 0) throw new Error(`--at: must be like 5s='scale NAME 5', got "${text}"`);
  return { atMs: msOf('--at', text.slice(0, equals)), command: text.slice(equals + 1) };
}

/** What plays a container: this very program, with the network of a pod put in before it. */
function podProgram(): [string, ...string[]] {
  const preload = firstOf('pod-preload.js', '../local-cluster/pod-preload.ts');
  const entry = firstOf('otelgw.js', '../main.ts');
  return [
    process.execPath, ...process.execArgv, '--import', pathToFileURL(preload).href, entry,
  ];
}

/** A file of the bundle, or the source that it is made from. */
function firstOf(...names: readonly string[]): string {
  const paths = names.map((name) => join(__dirname, name));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(`otelgw up: must be installed with one of ${paths.join(', ')}, got none`);
  }
  return found;
}

function introduce(cluster: LocalCluster, table: LiveTable, notPlayed: string): void {
  const pods = cluster.workloads.pools.map(({ plan, replicas }) =>
    `${plan.kind} ${plan.name} × ${replicas}`);
  table.say(`playing ${pods.join(', ')} on ${cluster.nodes.length} node(s);`
    + ` logs in ${join(cluster.folder, 'logs')} until it ends`);
  if (cluster.backends.names.length > 0) {
    table.say(`played backends: ${cluster.backends.names.join(', ')}`);
  }
  for (const line of [notPlayed, ...cluster.workloads.notPlayed]) {
    if (line !== '') table.say(line.startsWith('not played') ? line : `not played here: ${line}`);
  }
}

/** Commands from the keyboard, and signals: the first one ends in order, the second one at once. */
function takeOrders(run: ClusterRun): () => void {
  let signals = 0;
  const onSignal = (): void => {
    if (++signals > 1) process.exit(1);
    run.end();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => run.command(line));
  return () => {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    lines.close();
    process.stdin.unref?.();
  };
}

function report(findings: readonly Finding[]): number {
  if (findings.length === 0) return 0;
  const rows = findings.map(({ what, found, wanted, isGood }) => [
    isGood === undefined ? ' ' : isGood ? '✔' : '✘', what, found, wanted,
  ]);
  const green = isGreen(findings);
  const words = green
    ? 'green: nothing lost, nothing split, nothing kept by mistake' : 'red: see ✘ above';
  console.log(['', ...alignColumns([HEADINGS, ...rows]), '', words].join('\n'));
  return green ? 0 : 1;
}
