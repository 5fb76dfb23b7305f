/** All policies. A type that the contract knows and that is not here does not compile. */
import { alwaysSample } from './always-sample';
import { and } from './and';
import { booleanAttribute } from './boolean-attribute';
import { bytesLimiting } from './bytes-limiting';
import { composite } from './composite';
import { drop } from './drop';
import { latency } from './latency';
import { not } from './not';
import { numericAttribute } from './numeric-attribute';
import type { Policy, PolicyContext, PolicyFactory } from './policy';
import { probabilistic } from './probabilistic';
import { rateLimiting } from './rate-limiting';
import { spanCount } from './span-count';
import { statusCode } from './status-code';
import { stringAttribute } from './string-attribute';
import { traceFlags } from './trace-flags';
import { traceState } from './trace-state';
import type { PolicySettings } from '../../../config';

const POLICIES: { readonly [Type in PolicySettings['type']]: PolicyFactory<Type> } = {
  always_sample: alwaysSample,
  and,
  boolean_attribute: booleanAttribute,
  bytes_limiting: bytesLimiting,
  composite,
  drop,
  latency,
  not,
  numeric_attribute: numericAttribute,
  probabilistic,
  rate_limiting: rateLimiting,
  span_count: spanCount,
  status_code: statusCode,
  string_attribute: stringAttribute,
  trace_flags: traceFlags,
  trace_state: traceState,
};

/** Makes the policy that `settings` describe. */
export function createPolicy(
  settings: PolicySettings, given: Omit<PolicyContext, 'create'>,
): Policy {
  const context: PolicyContext = { ...given, create: (inner) => createPolicy(inner, given) };
  const factory = POLICIES[settings.type] as PolicyFactory<PolicySettings['type']>;
  return factory(settings, context);
}
