/** A process that stood still knows it, as long as it reads what came meanwhile. */
import { Pulse } from './pulse';
import type { Clock } from '../clock';

let now = 0;
let beat = (): void => undefined;
const clock: Clock = {
  now: () => now,
  monotonic: () => now,
  after: () => ({ cancel: () => undefined }),
  every: (_ms, task) => {
    beat = task;
    return { cancel: () => undefined };
  },
};

/** Time passes, and whoever has waited for it is called once. */
function pass(ms: number): void {
  now += ms;
  beat();
}

test.each([
  ['of a process that runs', [250, 250, 260], 0, 0],
  ['of one that is busy', [250, 900], 90, 0],
  ['of one that has come back', [250, 5000], 0, 5000],
  ['of one that reads what came meanwhile', [250, 5000], 200, 5200],
  ['of one that runs again', [250, 5000, 250], 10, 0],
  ['of one that stands still now', [250, 250], 5000, 5000],
])('the pulse %s', (_whose, beats, later, ms) => {
  const pulse = new Pulse(clock);
  beats.forEach(pass);
  expect(pulse.stoodStill(now + later)).toBe(ms);
  pulse.end();
});
