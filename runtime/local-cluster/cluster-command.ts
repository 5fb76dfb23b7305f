/** The words with which a running cluster is changed. */
import { sleep, systemClock } from '../clock';
import { parseGoDuration } from '../config';
import type { LocalCluster } from './local-cluster';

interface ClusterCommand {
  /** How it is written: words in capitals stand for others. */
  readonly form: string;
  readonly run: (cluster: LocalCluster, given: readonly string[]) => void;
}

const COMMANDS: readonly ClusterCommand[] = [
  {
    form: 'scale NAME NUMBER',
    run: ({ workloads }, [name, number]) => {
      const pool = workloads.pool(name);
      if (pool.plan.kind === 'DaemonSet') {
        throw new Error('scale: must name a Deployment or StatefulSet,'
          + ` got the DaemonSet "${name}"`);
      }
      pool.scale(Number(number));
    },
  },
  { form: 'restart NAME', run: ({ workloads }, [name]) => workloads.pool(name).restart() },
  { form: 'delete pod NAME', run: ({ workloads }, [name]) => workloads.deletePod(name) },
  { form: 'kill pod NAME', run: ({ workloads }, [name]) => workloads.pod(name).kill() },
  {
    form: 'pause pod NAME TIME',
    run: ({ workloads }, [name, time]) => workloads.pod(name).pause(msOf(time)),
  },
  {
    form: 'close backend NAME TIME',
    run: ({ backends }, [name, time]) => backends.close(name, sleep(systemClock, msOf(time))),
  },
  {
    form: 'freeze dns TIME',
    run: ({ dns }, [time]) => {
      dns.freeze();
      systemClock.after(msOf(time), () => dns.thaw());
    },
  },
];

/** What can be said, one per line. */
export const COMMAND_HELP = [...COMMANDS.map(({ form }) => form), 'quit'].join(' · ');

/**
 * Does what `text` says; it is under way when this returns.
 *
 * @returns Whether the cluster goes on.
 * @throws Error when the words are not known, or name nothing.
 */
export function runClusterCommand(cluster: LocalCluster, text: string): boolean {
  const words = text.trim().split(/\s+/);
  if (words.length === 1 && ['quit', 'exit'].includes(words[0])) return false;
  for (const { form, run } of COMMANDS) {
    const given = wordsFor(form, words);
    if (given === undefined) continue;
    run(cluster, given);
    return true;
  }
  throw new Error(`command: must be one of ${COMMAND_HELP}, got "${text.trim()}"`);
}

/** What `words` say where `form` has capitals; undefined when they are another command. */
function wordsFor(form: string, words: readonly string[]): string[] | undefined {
  const wanted = form.split(' ');
  const isCommand = wanted.length === words.length && wanted.every((word, place) => {
    if (word === 'NUMBER') return /^\d+$/.test(words[place]);
    return word === word.toUpperCase() || word === words[place];
  });
  return isCommand ? words.filter((_, place) => wanted[place] === wanted[place].toUpperCase())
    : undefined;
}

function msOf(text: string): number {
  const ms = parseGoDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new Error(`time: must be a duration such as 5s, got "${text}"`);
}
