/** Every sampling policy matches some trace: one that cannot is a mistake in its numbers. */
import type { Check } from './check';
import { shareFaults, type ShareFault } from './composite-shares';
import { tailSamplers } from './pipelines';
import { pathText } from '../../config/problem';
import { valueAt } from '../tier-facts';

/** Policies that no trace can match. */
export const policyNeverMatches: Check = ({ data, image }) =>
  tailSamplers(data)
    .flatMap(({ id, config }) => policiesIn(config, 'policies').flatMap((policy, index) => {
      const fault = faultOf(policy);
      const [found] = fault === undefined ? sharesOf(policy, image._minor)
        : [{ must: 'must match some trace', got: fault }];
      return found === undefined ? [] : [
        `${pathText(['processors', id, 'policies', index])}: ${found.must}, got ${found.got}.`
        + `\n→ mend number ${index + 1} of the \`policies\`, or remove it.`,
      ];
    }));

function sharesOf(policy: unknown, minor: number | undefined): ShareFault[] {
  return valueAt(policy, 'type') === 'composite'
    ? shareFaults(valueAt(policy, 'composite'), minor) : [];
}

/** Why no trace matches; nothing when one may. */
type Fault = string | undefined;

function policiesIn(config: unknown, key: string): unknown[] {
  const found = valueAt(config, key);
  return Array.isArray(found) ? found : [];
}

function faultOf(policy: unknown): Fault {
  const type = String(valueAt(policy, 'type'));
  return FAULTS.get(type)?.(valueAt(policy, type));
}

const FAULTS: ReadonlyMap<string, (settings: unknown) => Fault> = new Map([
  ['latency', (settings) => emptyRange(
    settings, 'threshold_ms', 'upper_threshold_ms', (low, high) => high <= low)],
  ['numeric_attribute', (settings) => isInverted(settings) ? undefined
    : emptyRange(settings, 'min_value', 'max_value', (low, high) => low !== 0 && high < low)],
  ['span_count', (settings) => emptyRange(
    settings, 'min_spans', 'max_spans', (low, high) => high < low)],
  ['probabilistic', (settings) => notPositive(settings, 'sampling_percentage')],
  ['rate_limiting', (settings) => notPositive(settings, 'spans_per_second')],
  ['bytes_limiting', (settings) => notPositive(settings, 'bytes_per_second')],
  ['status_code', (settings) => valueAt(settings, 'status_codes', 0) === undefined
    ? 'no status codes' : undefined],
  ['string_attribute', emptyTexts],
  ['and', (settings) => faultOfAll(policiesIn(settings, 'and_sub_policy'))],
  ['drop', (settings) => faultOfAll(policiesIn(settings, 'drop_sub_policy'))],
  ['not', (settings) => valueAt(settings, 'not_sub_policy', 'type') === 'always_sample'
    ? 'the opposite of always_sample' : undefined],
  ['composite', (settings) => notPositive(settings, 'max_total_spans_per_second')
    ?? policiesIn(settings, 'composite_sub_policy').map(faultOf)
      .find((fault) => fault !== undefined)],
]);

function isInverted(settings: unknown): boolean {
  return valueAt(settings, 'invert_match') === true;
}

/** A range in which nothing is; an upper bound of zero is none. */
function emptyRange(
  settings: unknown, from: string, to: string, isEmpty: (low: number, high: number) => boolean,
): Fault {
  const low = Number(valueAt(settings, from) ?? 0);
  const high = Number(valueAt(settings, to) ?? 0);
  return high !== 0 && isEmpty(low, high) ? `${from} ${low} and ${to} ${high}` : undefined;
}

function notPositive(settings: unknown, key: string): Fault {
  const value = Number(valueAt(settings, key) ?? 0);
  return value <= 0 ? `${key} ${value}` : undefined;
}

/** Values that are empty are passed over; as a pattern, the empty one matches everything. */
function emptyTexts(settings: unknown): Fault {
  const isPattern = valueAt(settings, 'enabled_regex_matching') === true;
  const isEmpty = policiesIn(settings, 'values').every((value) => value === '');
  return isPattern || isInverted(settings) || !isEmpty ? undefined : 'values that are all empty';
}

/**
 * All of several must match. Spans of one trace differ, so that it may well have two status codes,
 * or two values of an attribute; but it has one number of spans, and nothing is its own opposite.
 */
function faultOfAll(policies: readonly unknown[]): Fault {
  const inside = policies.map(faultOf).find((fault) => fault !== undefined);
  return inside ?? oppositesIn(policies) ?? disjointCounts(policies);
}

function oppositesIn(policies: readonly unknown[]): Fault {
  const negated = policies.filter((policy) => valueAt(policy, 'type') === 'not')
    .map((policy) => settingsText(valueAt(policy, 'not', 'not_sub_policy')));
  const both = policies.find((policy) => negated.includes(settingsText(policy)));
  return both === undefined ? undefined : `${String(valueAt(both, 'type'))} and its opposite`;
}

/** A policy without its name, for two of one name and other settings are two. */
function settingsText(policy: unknown): string {
  const type = String(valueAt(policy, 'type'));
  return JSON.stringify([type, valueAt(policy, type)]);
}

function disjointCounts(policies: readonly unknown[]): Fault {
  const counts = policies.filter((policy) => valueAt(policy, 'type') === 'span_count');
  const number = (policy: unknown, key: string) => Number(valueAt(policy, 'span_count', key) ?? 0);
  const low = Math.max(0, ...counts.map((policy) => number(policy, 'min_spans')));
  const highs = counts.map((policy) => number(policy, 'max_spans')).filter((high) => high > 0);
  const high = Math.min(...highs);
  return high < low ? `${low} spans at least and ${high} at most` : undefined;
}
