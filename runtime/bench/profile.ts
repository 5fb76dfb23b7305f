/** Reads the CPU profiles that V8 writes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Node {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function and the share of all busy time that was spent in it, not in those it calls. */
export interface SelfTime {
  readonly name: string;
  readonly share: number;
}

/** The profile that was written last in `folder`. */
export function lastProfile(folder: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile')).sort();
  return join(folder, files[files.length - 1]);
}

/** The functions of a profile that took most time. */
export function topFunctions(file: string, most: number): SelfTime[] {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
  const names = new Map(profile.nodes.map(({ id, callFrame }) => {
    const { functionName, lineNumber, url } = callFrame;
    const where = url === '' ? '' : ` ${url.slice(url.lastIndexOf('/') + 1)}:${lineNumber + 1}`;
    return [id, `${functionName === '' ? '(anonymous)' : functionName}${where}`];
  }));
  const times = new Map<string, number>();
  let busy = 0;
  profile.samples.forEach((id, index) => {
    const name = names.get(id) ?? '';
    if (name === '(idle)') return;
    const took = profile.timeDeltas[index];
    busy += took;
    times.set(name, (times.get(name) ?? 0) + took);
  });
  return [...times].map(([name, took]) => ({ name, share: took / busy }))
    .sort((one, other) => other.share - one.share).slice(0, most);
}
