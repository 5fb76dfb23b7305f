/** How a composite policy divides its spans per second among its sub policies. */
import { valueAt } from '../tier-facts';

/** From this version on a sub policy without a share of its own gets an equal one. */
const EQUAL_BY_ITSELF = 159;

/** What is wrong with the shares of a composite policy, as two halves of a sentence. */
export interface ShareFault {
  /** What must hold. */
  readonly must: string;
  /** What was found. */
  readonly got: string;
}

/** Shares that are none; `minor` is the version of the collector, where that is known. */
export function shareFaults(settings: unknown, minor: number | undefined): ShareFault[] {
  const total = Number(valueAt(settings, 'max_total_spans_per_second') ?? 0);
  const policies = listAt(settings, 'composite_sub_policy');
  const percents = new Map(listAt(settings, 'rate_allocation').map((entry) =>
    [valueAt(entry, 'policy'), Number(valueAt(entry, 'percent') ?? 0)]));
  return policies.flatMap((policy) => {
    const name = valueAt(policy, 'name');
    const percent = percents.get(name);
    const said = JSON.stringify(name);
    if (percent === 0) {
      return [{
        must: 'must give each sub policy a share that is one',
        got: `percent 0 for ${said}, which stands for an equal share`,
      }];
    }
    if (percent === undefined && minor !== undefined && minor < EQUAL_BY_ITSELF) {
      return [{
        must: 'must match some trace',
        got: `no rate_allocation for ${said}, which gives it nothing before 0.${EQUAL_BY_ITSELF}`,
      }];
    }
    const share = Math.trunc(percent === undefined
      ? total / policies.length : percent * total / 100);
    return share !== 0 ? [] : [{
      must: 'must match some trace',
      got: `less than one of ${total} spans per second for ${said}`,
    }];
  });
}

function listAt(settings: unknown, key: string): unknown[] {
  const found = valueAt(settings, key);
  return Array.isArray(found) ? found : [];
}
