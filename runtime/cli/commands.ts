/** All commands of `otelgw`, in the order in which help shows them. */
import type { Command } from './command';
import { components } from './components';
import { run } from './run';
import { validate } from './validate';

/** Loaded when it is called: a collector in production needs neither cluster nor SDK. */
const up: Command = {
  name: 'up',
  summary: 'run synthesized manifests on this machine: DIR|FILE… [--traffic [RATE]] [--for 20s]'
    + ' [--at 5s="scale NAME 5"]… [--nodes 2] [--seed 1]',
  run: async (argv) => {
    const { runUp } = await import('./up.js');
    return runUp(argv);
  },
};

/** All commands. */
export const commands: readonly Command[] = [run, validate, components, up];
