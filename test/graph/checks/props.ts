/** Props that mistakes are made with. */
import { Backend, CollectorConfigOverrides, SamplingPolicy } from '../../../src';

/** Sends to a store outside. */
export const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

/** Keeps everything. */
export const policies = [SamplingPolicy.alwaysSample('all')];

/** Raw configuration. */
export function raw(yaml: string): { readonly config: CollectorConfigOverrides } {
  return { config: CollectorConfigOverrides.fromYaml(yaml) };
}
