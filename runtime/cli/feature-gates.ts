/**
 * `--feature-gates`, as upstream has it: `a,+b,-c`. What upstream switches on by a gate is a key of
 * the component here; a gate that is on sets the key of all components of its type.
 */
import {
  gateWords, KNOWN_GATES, problem, TAIL_SAMPLING_GATES, type CollectorReading,
  type ComponentSettings, type Problem,
} from '../config';

/** Gates that are on, in the order in which they are written. The last word on each holds. */
function gatesOn(given: readonly string[]): string[] {
  const on = new Map(gateWords(given).map(({ gate, isOn }) => [gate, isOn]));
  return [...on].filter(([, isOn]) => isOn).map(([gate]) => gate);
}

function warning(gate: string): Problem {
  return problem(['--feature-gates'],
    `${gate} has no effect in this runtime; the gates that have are ${KNOWN_GATES.join(', ')}`);
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
    [id, processor.type === 'tail_sampling' ? withKeys(processor, switched) : processor] as const);
  return {
    ...reading,
    warnings: [...warnings, ...unknown.map(warning)],
    ...settings !== undefined && { settings: { ...settings, processors: new Map(processors) } },
  };
}

function withKeys(
  processor: ComponentSettings, switched: Readonly<Record<string, boolean>>,
): ComponentSettings {
  return { ...processor, settings: { ...processor.settings as object, ...switched } };
}
