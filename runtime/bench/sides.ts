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

const PROGRAM = (process.env.BENCH_PROGRAM ?? 'runtime/dist/otelgw.js').split(' ');
const WORDS = (process.env.BENCH_WORDS ?? '').split(' ').filter((word) => word !== '');

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

function ours(node: string, name: string, isProfiled: boolean): Side {
  const folder = join(WORK, 'profiles');
  return {
    name,
    isGo: false,
    command: (config) => onCore(MEASURED_CORE, [node, ...isProfiled ? profiling(folder) : [],
      ...PROGRAM, 'run', '--config', config, ...WORDS]),
    ...isProfiled && { profileFolder: folder },
  };
}

/** Go and ours; ours once for each Node.js that is named. */
export function allSides(nodes: readonly string[], isProfiled: boolean): Side[] {
  const named = nodes.length > 1;
  const mine = nodes.map((node) =>
    ours(node, named ? `ours, Node.js ${output([node, '--version'])}` : 'ours', isProfiled));
  return isProfiled || process.env.BENCH_SIDES === 'ours' ? mine : [GO, ...mine];
}
