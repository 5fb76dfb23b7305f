/** A pod has time to pass on what it holds before it is killed. */
import type { Check } from './check';
import { drainBudget } from '../drain-budget';

/** Less time to end than draining takes. */
export const drain: Check = ({ waitSeconds, leaveSeconds, graceSeconds }) => {
  const { totalSeconds, sum } = drainBudget({ waitSeconds, leaveSeconds });
  if (graceSeconds === undefined || graceSeconds >= totalSeconds) return [];
  return [`terminationGracePeriod: ${graceSeconds} s is shorter than draining takes: ${sum}.`
    + `\n→ remove \`terminationGracePeriod\` (${totalSeconds} s is then written)`
    + `${waitSeconds > 0 ? ', or shorten `decisionWait`' : ''}.`];
};
