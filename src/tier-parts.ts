/** What the props of a tier add to it, and how that becomes components of a configuration. */
import { backendParts } from './backends/parts';
import { spelling, type Path, type Problem, type Yaml } from './config';
import { attempt } from './config-writing';
import type { CollectorImage } from './distribution/collector-image';
import { clusterParts } from './features/cluster-features';
import { debuggingPart } from './features/debugging';
import { infraAttributesPart } from './features/infra-attributes';
import type { PartComponent, PartFacts, TierPart } from './features/part';
import { traceStatsPart } from './features/trace-stats';
import { routingProblems } from './routed-delivery';
import type { CollectorTierProps } from './tier-props';

/** The parts that any tier may have. */
export function partsOf(props: CollectorTierProps, facts: PartFacts): TierPart[] {
  const { receive = [], process = [], exportTo = [], image } = props;
  return [
    ...clusterParts(props, facts),
    ...receive.map((receiver) => receiver._part()),
    ...process.map((processor) => processor._part()),
    traceStatsPart(props, facts),
    debuggingPart(props, facts),
    infraAttributesPart(props, facts, exportTo.some(({ _type }) => _type === 'datadog')),
    ...backendParts(exportTo, image, facts),
    { problems: routingProblems(props.routing, props.forwardTo, facts.signals) },
  ];
}

/** A component under the id that the image knows. */
export interface WrittenComponent {
  /** Its id, `type` or `type/name`. */
  readonly id: string;
  /** Its configuration. */
  readonly config: Yaml;
}

/** Writes a component in the words of `image`; mistakes are put into `problems`. */
export function writeComponent(
  { contract, name, write }: PartComponent, image: CollectorImage, problems: Problem[],
): WrittenComponent {
  const { version } = image._traits;
  const type = spelling(contract, version);
  const id = name === undefined || name === type ? type : `${type}/${name}`;
  const at: Path = [contract.section, id];
  return { id, config: attempt(problems, () => write(at, version)) };
}

/** One of the things of a kind that a part adds. */
export type ItemOf<Key extends keyof TierPart> =
  NonNullable<TierPart[Key]> extends readonly (infer Item)[] ? Item : never;

/** All things of one kind that `parts` add. */
export function allOf<Key extends keyof TierPart>(
  parts: readonly TierPart[], key: Key,
): ItemOf<Key>[] {
  return parts.flatMap((part) => (part[key] ?? []) as readonly ItemOf<Key>[]);
}
