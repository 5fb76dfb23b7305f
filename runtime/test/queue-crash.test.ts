/** Requests that were answered OK survive `kill -9`. The long form is `npm run crash`. */
import { CollectorProcess } from '../testing/collector-process';
import { crashRun } from '../testing/crash-run';

afterAll(() => CollectorProcess.killAll());

test('a collector that is killed under load again and again loses nothing', async () => {
  const figures = await crashRun({ kills: 4, seed: 5 });
  expect(figures).toMatchObject({ kills: 4, missing: 0 });
  expect(figures.answered).toBeGreaterThan(10);
});
