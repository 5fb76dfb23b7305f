/** What the backends of a tier add to it beside their exporters. */
import { ddotPart } from './datadog';
import type { Backend } from '../backend';
import type { CollectorImage } from '../distribution/collector-image';
import type { PartFacts, TierPart } from '../features/part';

/** What all of them add; `image` is the one that was named. */
export function backendParts(
  backends: readonly Backend[], image: CollectorImage | undefined, facts: PartFacts,
): TierPart[] {
  const account = backends.map(({ _account }) => _account).find((each) => each !== undefined);
  return [...backends.map(({ _part }) => _part), ddotPart(image, account, facts)];
}
