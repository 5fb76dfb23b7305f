/** One decoder, many inputs: each must end in a value or a refusal, soon. */
import { performance } from 'perf_hooks';
import { Mutator } from './mutator';

/** A decoder under test. */
export interface FuzzTarget {
  /** Its name. */
  readonly name: string;
  /** Inputs that it takes, written by somebody else's encoder where there is one. */
  readonly seeds: readonly Uint8Array[];
  /** Share of all inputs that it gets. */
  readonly weight: number;
  /**
   * Decodes `input`; false when it is refused as its callers expect.
   *
   * @throws anything, when it is refused otherwise or when what was decoded is wrong.
   */
  decode(input: Uint8Array): boolean | Promise<boolean>;
}

/** Which inputs are tried. */
export interface CampaignOptions {
  /** Where the inputs come from: the same number makes the same ones. */
  readonly seed: number;
  /** Number of the first input. */
  readonly from: number;
  /** How many follow. */
  readonly inputs: number;
  /** Longest time for one input in milliseconds; infinite is never measured. */
  readonly longestMs: number;
  /** Told now and then how far it is. */
  readonly progress?: (index: number) => void;
}

/** An input that did not end as it must. */
export interface Finding {
  /** Number of the input. */
  readonly index: number;
  /** The input, in hexadecimal. */
  readonly input: string;
  /** What happened. */
  readonly what: string;
}

/** What a campaign saw. */
export interface CampaignResult {
  /** Inputs that were decoded. */
  readonly taken: number;
  /** Inputs that were refused. */
  readonly refused: number;
  /** Time of the slowest input in milliseconds, at best of three. */
  readonly slowestMs: number;
  /** Inputs that did not end as they must; it stops after the first few. */
  readonly findings: readonly Finding[];
}

const PROGRESS_EVERY = 2000;
const MOST_FINDINGS = 5;

/** Libraries let go of what they hold in later turns of the event loop, as between requests. */
const TURN_EVERY = 50;

/** Gives a target its inputs. */
export async function runCampaign(
  target: FuzzTarget, options: CampaignOptions,
): Promise<CampaignResult> {
  const mutator = new Mutator(target.seeds, options.seed);
  const counts = { taken: 0, refused: 0 };
  const findings: Finding[] = [];
  const found = (index: number, input: Uint8Array, what: string): void => {
    findings.push({ index, input: Buffer.from(input).toString('hex'), what });
  };
  let slowest = 0;
  let slowestIndex = options.from;
  for (let i = 0; i < options.inputs && findings.length < MOST_FINDINGS; i++) {
    const index = options.from + i;
    const input = mutator.input(index);
    const began = performance.now();
    try {
      const decoded = target.decode(input);
      const isTaken = typeof decoded === 'boolean' ? decoded : await decoded;
      if (isTaken) counts.taken++; else counts.refused++;
    } catch (error) {
      found(index, input, error instanceof Error ? error.stack ?? error.message : String(error));
    }
    const took = performance.now() - began;
    if (took > slowest) [slowest, slowestIndex] = [took, index];
    if (i % PROGRESS_EVERY === 0) options.progress?.(index);
    if (i % TURN_EVERY === 0) await new Promise(setImmediate);
  }
  const input = mutator.input(slowestIndex);
  const slowestMs = Math.min(
    slowest, await timeOf(target, input), await timeOf(target, input));
  if (slowestMs > options.longestMs) {
    found(slowestIndex, input, `must take at most ${options.longestMs} ms, took ${slowestMs}`);
  }
  return { ...counts, slowestMs, findings };
}

/** The first time may have been somebody else's: the compiler's, the collector's, the machine's. */
async function timeOf(target: FuzzTarget, input: Uint8Array): Promise<number> {
  const began = performance.now();
  try {
    await target.decode(input);
  } catch {
    // It was told already.
  }
  return performance.now() - began;
}
