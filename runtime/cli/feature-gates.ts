/**
 * `--feature-gates`, as upstream has it: `a,+b,-c`. What upstream switches on by a gate is a key of
 * the component here; a gate that is on sets the key of all components of its type.
 */
import {
  gatesOn, KNOWN_GATES, problem, TAIL_SAMPLING_GATES, type CollectorReading,
  type ComponentSettings, type Problem,
} from '../config';

const SAMPLER = 'tail_sampling';

function unknownGate(gate: string): Problem {
  return problem(['--feature-gates'],
    `${gate} has no effect in this runtime; the gates that have are ${KNOWN_GATES.join(', ')}`);
}

function idleGate(gate: string): Problem {
  return problem(['--feature-gates'], `${gate} has no effect without a tail_sampling`);
}

/** The configuration with what the words behind `--feature-gates` switch on. */
export function withFeatureGates(
  reading: CollectorReading, given: readonly string[],
): CollectorReading {
  const gates = gatesOn(given);
  const unknown = gates.filter((gate) => !TAIL_SAMPLING_GATES.has(gate));
  const keys = gates.flatMap((gate) => TAIL_SAMPLING_GATES.get(gate) ?? []);
  const { settings, warnings } = reading;
  const switched = Object.fromEntries(keys.map((key) => [key, true]));
  const processors = [...settings?.processors ?? []].map(([id, processor]) =>
    [id, processor.type === SAMPLER ? withKeys(processor, switched) : processor] as const);
  const isIdle = settings !== undefined
    && [...settings.processors.values()].every(({ type }) => type !== SAMPLER);
  const idle = isIdle ? gates.filter((gate) => !unknown.includes(gate)) : [];
  return {
    ...reading,
    warnings: [...warnings, ...unknown.map(unknownGate), ...idle.map(idleGate)],
    ...settings !== undefined && { settings: { ...settings, processors: new Map(processors) } },
  };
}

function withKeys(
  processor: ComponentSettings, switched: Readonly<Record<string, boolean>>,
): ComponentSettings {
  return { ...processor, settings: { ...processor.settings as object, ...switched } };
}
