/** Kills a collector with a queue on disk a hundred times under load: `npm run crash`. */
import { crashRun } from '../testing/crash-run';
import type { SceneName } from '../testing/crash-scenes';
import { numberVariable } from '../testing/number-variable';

const kills = numberVariable('CRASH_KILLS', 100);
const seed = numberVariable('CRASH_SEED', Date.now() % 100_000);

const scene = (process.env.CRASH_SCENE ?? 'http') as SceneName;

console.log(`${kills} kills, CRASH_SCENE=${scene}, CRASH_SEED=${seed}`);
void crashRun({
  kills,
  seed,
  scene,
  onKill: (figures) => {
    if (figures.kills % 10 === 0) console.log(JSON.stringify(figures));
  },
}).then((figures) => {
  console.table([figures]);
  const { missing, splitTraces, knownDuplicates } = figures;
  process.exit(missing === 0 && splitTraces === 0 && knownDuplicates === 0 ? 0 : 1);
}, (error: unknown) => {
  console.error(String(error));
  process.exit(1);
});
