/**
 * The contract of the infra attributes processor, which the Datadog distribution has.
 */
import { component } from '../contract';
import { count, flag } from '../fields';

/** Adds tags that the Datadog agent knows of the sender's container, pod and node. */
export interface InfraAttributesProcessorConfig {
  /**
   * Which tags are added: 0 (of hosts), 1 (also of pods) or 2 (also of containers).
   * @default 0
   */
  readonly cardinality?: number;
  /**
   * Whether the host's name is that of the agent, whatever the sender says.
   * @default false
   */
  readonly allowHostnameOverride?: boolean;
}

/** The contract of the infra attributes processor. */
export const infraAttributesProcessor = component<InfraAttributesProcessorConfig>()(
  'processors', 'infraattributes', {
    cardinality: count({ fallback: 0, max: 2 }),
    allowHostnameOverride: flag({ fallback: false }),
  }, { upstreamOnly: ['trace_container_tag_promotion', 'logs_tags_as_ddtags'] });
