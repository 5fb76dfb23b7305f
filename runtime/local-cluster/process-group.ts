/**
 * Child processes that cannot outlive this one.
 *
 * Each child leads a process group, so that what it starts ends with it. When this process ends,
 * all groups are killed; when it is killed itself, children notice that their channel is closed
 * (see cli/pod.ts).
 */
import { spawn, type ChildProcess } from 'node:child_process';

const groups = new Set<number>();
let watching = false;

/** What is started. */
export interface Program {
  /** Path of the program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** All of its variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder that it works in. */
  readonly cwd: string;
}

/** Starts `program` as the leader of a group of its own, with a channel to this process. */
export function spawnGroup(program: Program): ChildProcess {
  if (!watching) {
    watching = true;
    process.on('exit', () => groups.forEach((group) => signalGroup(group, 'SIGKILL')));
  }
  const child = spawn(program.command, program.args, {
    env: program.env,
    cwd: program.cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const { pid } = child;
  if (pid !== undefined) {
    groups.add(pid);
    child.once('exit', () => {
      // The leader is gone; what it may have left behind goes now.
      signalGroup(pid, 'SIGKILL');
      groups.delete(pid);
    });
  }
  return child;
}

/** Sends `signal` to the leader of the group of `child` and to all that it has started. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The group has ended by itself, which is what a signal is sent for.
  }
}
