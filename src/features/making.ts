/** Features that make telemetry, rather than work on what comes in. */
import type { PartFacts, TierPart } from './part';
import type { Signal } from '../graph/signal';

/** The part of a feature that makes `signal`, which the tier must have somewhere to send to. */
export function making(
  feature: string, signal: Signal, { name, signals }: PartFacts, part: TierPart,
): TierPart {
  // A tier that sends nothing anywhere is told so already.
  if (signals.length === 0 || signals.includes(signal)) return part;
  return {
    ...part,
    problems: [
      ...part.problems ?? [],
      `${feature}: makes ${signal}, but ${name} sends only ${signals.join(' and ')} anywhere.`
      + `\n→ add ${signal} to \`signals\` and to what the target or a backend takes, or leave`
      + ` \`${feature}\` out.`,
    ],
  };
}
