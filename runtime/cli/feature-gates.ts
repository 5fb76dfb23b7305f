/**
 * `--feature-gates`, as upstream has it: `a,+b,-c`. What upstream switches on by a gate is a key of
 * the component here; a gate that is on sets the key of all components of its type.
 */
import { problem, type CollectorReading, type ComponentSettings, type Problem } from '../config';

/** What the names of gates of tail sampling begin with; the key that each stands for follows. */
const TAIL_SAMPLING = 'processor.tailsamplingprocessor.';
const KEYS = [
  'usetracestate', 'recordpolicy', 'metricstatcountspanssampled', 'metricstatcountbytessampled',
];

/** Gates that are on, in the order in which they are written. The last word on each holds. */
function gatesOn(given: readonly string[]): string[] {
  const on = new Map<string, boolean>();
  for (const word of given.flatMap((text) => text.split(',')).map((text) => text.trim())) {
    if (word !== '') on.set(word.replace(/^[+-]/, ''), !word.startsWith('-'));
  }
  return [...on].filter(([, isOn]) => isOn).map(([gate]) => gate);
}

function keyOf(gate: string): string | undefined {
  return KEYS.find((key) => gate === TAIL_SAMPLING + key);
}

function warning(gate: string): Problem {
  const known = KEYS.map((key) => TAIL_SAMPLING + key).join(', ');
  return problem(['--feature-gates'],
    `${gate} has no effect in this runtime; the gates that have are ${known}`);
}

/** The configuration with what the words behind `--feature-gates` switch on. */
export function withFeatureGates(
  reading: CollectorReading, given: readonly string[],
): CollectorReading {
  const gates = gatesOn(given);
  const unknown = gates.filter((gate) => keyOf(gate) === undefined);
  const keys = gates.map(keyOf).filter((key) => key !== undefined);
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
