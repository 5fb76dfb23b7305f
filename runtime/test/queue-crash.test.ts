/** Requests that were answered OK survive `kill -9`. The long form is `npm run crash`. */
import { CollectorProcess } from '../testing/collector-process';
import { crashRun } from '../testing/crash-run';

afterAll(() => CollectorProcess.killAll());

test.each([
  ['loses nothing', 'http', 4, 1],
  ['in which queues stand before load balancing loses nothing, and splits no trace',
    'load-balancing', 4, 3],
  ['whose configuration the constructs wrote loses nothing', 'constructs', 2, 1],
] as const)('a collector that is killed under load again and again %s', async (
  _, scene, kills, backends,
) => {
  const figures = await crashRun({ scene, kills, seed: 5 });
  expect(figures).toMatchObject({ kills, missing: 0, splitTraces: 0, backends });
  expect(figures.answered).toBeGreaterThan(10);
}, 60_000);
