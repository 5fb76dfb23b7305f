/**
 * What is written on the spans of a kept trace: the pod that decided tells the others, so that late
 * spans look alike wherever they come.
 */

import { MOST_TEXT_BYTES } from './messages';

/** What a pod tells of a trace that it kept. */
export interface VerdictNote {
  /** The threshold that the trace was kept with: its upper 24 bits. */
  readonly high: number;
  /** Its lower 32 bits, 0 to 2^32 - 1. */
  readonly low: number;
  /** Name of the policy that kept it; '' where none is told. */
  readonly policy: string;
  /** Whether no policy was asked: its id decided, under stress. */
  readonly isById: boolean;
}

/** Bytes of a note among those of a message, but for the policy. */
export const NOTE_BYTES = 8;
/** Policies that one message may name. */
export const MOST_POLICIES = 256;

const LOW_AT = 0;
const HIGH_AT = 4;
const HIGH_BYTES = 3;
const MOST_HIGH = 0xff_ffff;
const FLAGS_AT = 7;
const TOLD = 1;
const BY_ID = 2;

/** Notes of a message, one for each kept trace in it; nothing at all where none is told. */
export function told(
  notes: readonly (VerdictNote | undefined)[],
): { readonly notes?: readonly (VerdictNote | undefined)[] } {
  return notes.every((note) => note === undefined) ? {} : { notes };
}

/** Notes as they travel: fixed bytes for each, and the names of policies once. */
export interface PackedNotes {
  /** NOTE_BYTES for each trace; all zero where nothing is told. */
  readonly fixed: Uint8Array;
  /** Names of policies. */
  readonly policies: readonly string[];
  /** For each trace 0, or one more than the number of its policy. */
  readonly numbers: readonly number[];
}

/** Notes for a message; undefined when none is told. */
export function packNotes(notes: readonly (VerdictNote | undefined)[]): PackedNotes | undefined {
  if (notes.every((note) => note === undefined)) return undefined;
  const fixed = Buffer.alloc(notes.length * NOTE_BYTES);
  const policies: string[] = [];
  const numbers = notes.map((note, i) => {
    if (note === undefined) return 0;
    const at = i * NOTE_BYTES;
    fixed.writeUInt32LE(note.low, at + LOW_AT);
    fixed.writeUIntLE(Math.min(note.high, MOST_HIGH), at + HIGH_AT, HIGH_BYTES);
    fixed[at + FLAGS_AT] = TOLD | (note.isById ? BY_ID : 0);
    return numberOf(note.policy, policies);
  });
  return { fixed, policies, numbers };
}

/** The notes of a message, one for each trace. */
export function unpackNotes(
  { fixed, policies, numbers }: PackedNotes,
): readonly (VerdictNote | undefined)[] {
  const bytes = Buffer.from(fixed.buffer, fixed.byteOffset, fixed.length);
  return Array.from({ length: bytes.length / NOTE_BYTES }, (_, i) => {
    const at = i * NOTE_BYTES;
    const flags = bytes[at + FLAGS_AT];
    if ((flags & TOLD) === 0) return undefined;
    return {
      high: bytes.readUIntLE(at + HIGH_AT, HIGH_BYTES),
      low: bytes.readUInt32LE(at + LOW_AT),
      policy: numbers[i] > 0 ? policies[numbers[i] - 1] : '',
      isById: (flags & BY_ID) !== 0,
    };
  });
}

/** Whether the name of a policy is short enough for a message. */
export function fits(policy: string): boolean {
  return Buffer.byteLength(policy) <= MOST_TEXT_BYTES;
}

/** What does not fit is not told: a span without its policy is better than none. */
function numberOf(policy: string, policies: string[]): number {
  if (policy === '' || !fits(policy)) return 0;
  const known = policies.indexOf(policy);
  if (known >= 0) return known + 1;
  return policies.length < MOST_POLICIES ? policies.push(policy) : 0;
}
