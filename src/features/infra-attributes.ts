/** Tags that Datadog knows of the sender's container, pod and node. */
import { Place, type PartFacts, type TierPart } from './part';
import { infraAttributesProcessor } from '../config';

/** Tags of Datadog. */
export interface InfraAttributesFeature {
  /**
   * Whether telemetry gets the tags that Datadog knows of its container, pod and node. It takes
   * Datadog's own collector, and a backend of Datadog in the same tier: the processor does not
   * start without one.
   * @default false
   */
  readonly infraAttributes?: boolean;
}

/** Tags of containers as well. */
const CARDINALITY = 2;

/** What they add to a tier; `sendsToDatadog` says whether it exports to Datadog. */
export function infraAttributesPart(
  { infraAttributes = false }: InfraAttributesFeature, { signals }: PartFacts,
  sendsToDatadog: boolean,
): TierPart {
  if (!infraAttributes) return {};
  return {
    processors: [{
      contract: infraAttributesProcessor,
      place: Place.ENRICH,
      signals,
      write: (at) => infraAttributesProcessor.write({ cardinality: CARDINALITY }, at),
    }],
    problems: sendsToDatadog ? [] : [
      'infraAttributes: needs an exporter of Datadog in the same tier, or the collector does not'
      + ' start, got none.\n→ add Backend.datadog(…) to `exportTo`, or leave tags to the tier that'
      + ' exports.',
    ],
  };
}
