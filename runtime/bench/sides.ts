/** The collectors that take turns. */
import { join } from 'node:path';
import { GO_COLLECTOR, MEASURED_CORE, onCore, output, WORK } from './programs';

/** One collector under measurement. */
export interface Side {
  /** What it is called in tables. */
  readonly name: string;
  /** Whether it is the one to compare with. */
  readonly isGo: boolean;
  /** The command that runs it with a configuration, held to its core. */
  readonly command: (config: string) => string[];
  /** Where a run writes its CPU profile, when it was told to. */
  readonly profileFolder?: string;
}

/** Alternatives stand with bars between them; each of them is a side of its own. */
function alternatives(variable: string, usual: string): string[][] {
  return (process.env[variable] ?? usual).split('|')
    .map((words) => words.split(' ').filter((word) => word !== ''));
}

const GO: Side = {
  name: 'Go',
  isGo: true,
  // The variable is set by the command, so that whoever starts it need not know.
  command: (config) => onCore(MEASURED_CORE, ['env', 'GOMAXPROCS=1', GO_COLLECTOR,
    '--config', `file:${config}`]),
};

/** Samples every half millisecond, so that a row of seconds has thousands of them. */
function profiling(folder: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'];
}

interface Variant {
  readonly node: string;
  readonly program: readonly string[];
  readonly words: readonly string[];
}

function ours({ node, program, words }: Variant, name: string, isProfiled: boolean): Side {
  const folder = join(WORK, 'profiles');
  return {
    name,
    isGo: false,
    command: (config) => onCore(MEASURED_CORE, [node, ...isProfiled ? profiling(folder) : [],
      ...program, 'run', '--config', config, ...words]),
    ...isProfiled && { profileFolder: folder },
  };
}

function variants(nodes: readonly string[]): Variant[] {
  return nodes.flatMap((node) =>
    alternatives('BENCH_PROGRAM', 'runtime/dist/otelgw.js').flatMap((program) =>
      alternatives('BENCH_WORDS', '').map((words) => ({ node, program, words }))));
}

/** What tells `variant` from the others. */
function nameOf(variant: Variant, all: readonly Variant[]): string {
  const differs = (part: (one: Variant) => string): string[] =>
    all.every((one) => part(one) === part(variant)) ? [] : [part(variant)];
  return ['ours', ...differs(({ node }) => `Node.js ${output([node, '--version'])}`),
    ...differs(({ program }) => program.join(' ')),
    ...differs(({ words }) => words.join(' '))].join(', ');
}

/** Go and ours; ours once for each Node.js, program and words that are named. */
export function allSides(nodes: readonly string[], isProfiled: boolean): Side[] {
  const all = variants(nodes);
  const mine = all.map((variant) => ours(variant, nameOf(variant, all), isProfiled));
  return isProfiled || process.env.BENCH_SIDES === 'ours' ? mine : [GO, ...mine];
}
