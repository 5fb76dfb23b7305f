/**
 * Feature gates that our own collector knows. What upstream switches on by a gate is a key of the
 * component here, which the gate sets for all components of its type.
 */
import type { TailSamplingSettings } from './processors/tail-sampling';

const TAIL_SAMPLING_KEYS = [
  'usetracestate', 'recordpolicy', 'metricstatcountspanssampled', 'metricstatcountbytessampled',
] as const satisfies readonly (keyof TailSamplingSettings)[];

/** What the names of gates of tail sampling begin with; the key that each stands for follows. */
const TAIL_SAMPLING = 'processor.tailsamplingprocessor.';

/** Keys of tail samplers by the gates that set them. */
export const TAIL_SAMPLING_GATES: ReadonlyMap<string, (typeof TAIL_SAMPLING_KEYS)[number]> =
  new Map(TAIL_SAMPLING_KEYS.map((key) => [TAIL_SAMPLING + key, key]));

/** Names of all gates that have an effect. */
export const KNOWN_GATES: readonly string[] = [...TAIL_SAMPLING_GATES.keys()];

/** One word about a gate. */
export interface GateWord {
  /** The gate. */
  readonly gate: string;
  /** Whether it is to be on. */
  readonly isOn: boolean;
}

/** What words such as `a,+b,-c` say, one after the other. */
export function gateWords(given: readonly string[]): GateWord[] {
  return given.flatMap((text) => text.split(',')).map((text) => text.trim())
    .filter((word) => word !== '')
    .map((word) => ({ gate: word.replace(/^[+-]/, ''), isOn: !word.startsWith('-') }));
}

/** Gates that are on, in the order in which they are written. The last word on each holds. */
export function gatesOn(given: readonly string[]): string[] {
  const on = new Map(gateWords(given).map(({ gate, isOn }) => [gate, isOn]));
  return [...on].filter(([, isOn]) => isOn).map(([gate]) => gate);
}
