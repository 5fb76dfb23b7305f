/** Lets things happen to a pool of tail samplers under load: `npm run chaos`. */
import { keepAlive } from '../clock';
import type { PoolShape } from './chaos/manifests';
import { play, type Played } from './chaos/run';
import { sceneNamed, SCENES } from './chaos/scenes';
import { numberVariable } from '../testing/number-variable';

const { env } = process;
const seed = numberVariable('CHAOS_SEED', Date.now() % 100_000);
const manifests = env.CHAOS_MANIFESTS ?? 'scene';
const names = env.CHAOS_SCENES ?? SCENES.map(({ name }) => name).join();

/** What pods are to be, whatever the scene. */
const SHAPES: Readonly<Record<string, Partial<PoolShape> | undefined>> = {
  'scene': {},
  'constructs': { isConstructed: true },
  'constructs-tls': { isConstructed: true, isEncrypted: true },
};

function shapeNamed(name: string): Partial<PoolShape> {
  const found = SHAPES[name];
  if (found !== undefined) return found;
  const known = Object.keys(SHAPES).join(', ');
  throw new Error(`CHAOS_MANIFESTS: must be one of ${known}, got "${name}"`);
}

function row({ scene, outcome, forwarded, seconds, problems }: Played): object {
  const { sent, kept, lost, duplicated, split, late, heldByKilled, lostWithKilled } = outcome;
  return {
    'scene': scene.name,
    sent,
    kept,
    lost,
    duplicated,
    'traces split': split,
    'lost with a killed pod': heldByKilled === 0 ? '' : `${lostWithKilled} of ${heldByKilled}`,
    'late traces': late,
    forwarded,
    'seconds': Math.round(seconds),
    'as it must be': problems.length === 0 ? 'yes' : 'NO',
  };
}

async function all(): Promise<boolean> {
  const shape = shapeNamed(manifests);
  const rows: object[] = [];
  let isGood = true;
  for (const scene of names.split(',').map(sceneNamed)) {
    console.log(`${scene.name}: ${scene.what}`);
    const played = await play(scene, {
      loadS: numberVariable('CHAOS_SECONDS', 15),
      rate: numberVariable('CHAOS_RATE', 50),
      seed,
      shape,
      say: (line) => console.log(line),
    });
    rows.push(row(played));
    for (const problem of played.problems) console.log(`NOT AS IT MUST BE: ${problem}`);
    if (played.logs !== '') console.log(`logs: ${played.logs}`);
    isGood &&= played.problems.length === 0;
  }
  console.table(rows);
  return isGood;
}

console.log(`CHAOS_SEED=${seed}, CHAOS_MANIFESTS=${manifests}`);
const alive = keepAlive();
all().then((isGood) => process.exit(isGood ? 0 : 1), (error: unknown) => {
  console.error(error);
  process.exit(1);
}).finally(() => alive.cancel());
