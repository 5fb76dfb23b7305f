/** Lives of a tail sampler with a journal: each begins with the files that a kill left. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Processor } from '../component';
import { tailSamplingProcessor, type TailSamplingSettings } from '../config';
import { processorContext } from './component-context';
import { settleDisk } from './disk-turns';
import type { RawConfig } from './oracle-traces';
import { RecordingConsumer } from './recording-consumer';
import { findSpans, spans, type TestSpan } from './span-builder';
import { createPayload } from '../pipeline/payload';
import { createTailSamplingProcessor } from '../processors/tail-sampling/tail-sampling';

/** Turns of the event loop within which a disk has done what it was told. */
const MOST_TURNS = 20_000;

/** Waits until `holds`, as long as the disk may take. */
export async function untilDisk(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn += 1) {
    if (turn > MOST_TURNS) throw new Error(`${what}: must come true, got nothing in time`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** One life. */
export interface SamplerLife {
  /** What it was given. */
  readonly context: ReturnType<typeof processorContext> & { readonly next: RecordingConsumer };
  /** The sampler. */
  readonly sampler: Processor;
  /** Where its journal is. */
  readonly directory: string;
  /** Gives spans in one request; the promise is fulfilled when they are acknowledged. */
  give(...list: readonly TestSpan[]): Promise<void>;
  /** Names of spans that were passed on so far, in order. */
  sent(): string[];
  /** Moves time in steps, between which the disk gets its turns. */
  pass(ms: number): Promise<void>;
}

/** Lives, one after the other. */
export class SamplerLives {
  private readonly root = mkdtempSync(join(tmpdir(), 'otelgw-journal-'));
  private lives = 0;
  private last?: SamplerLife;
  private readonly all: SamplerLife[] = [];
  /** What the last one left when it was killed. */
  private left?: string;

  /** The settings of `config` with a journal in `directory`. */
  public static settings(config: RawConfig, directory: string): TailSamplingSettings {
    const { settings, problems } = tailSamplingProcessor.read({
      ...config, journal: { directory, ...config.journal as object },
    });
    if (settings === undefined) {
      throw new Error(`settings: must be right, got ${
        JSON.stringify(problems)}`);
    }
    return settings;
  }

  /** A directory for one more life, with the files that the last one has now. */
  public copy(): string {
    const { left } = this;
    this.left = undefined;
    if (left !== undefined) return left;
    this.lives += 1;
    const directory = join(this.root, String(this.lives));
    if (this.last !== undefined) {
      cpSync(this.last.directory, directory, {
        recursive: true, filter: (path) => !path.endsWith('.sock'),
      });
    }
    return directory;
  }

  /** Kills the last one now; the next one begins with what is on disk at this moment. */
  public freeze(): void {
    this.left = this.copy();
  }

  /** Kills the last one, and makes the next one, which begins with what is on disk. */
  public async next(
    config: RawConfig, next = new RecordingConsumer(), directory = this.copy(),
  ): Promise<SamplerLife> {
    const life = this.make(config, next, directory);
    await life.sampler.start();
    return life;
  }

  /** As `next`, not started yet. */
  public make(
    config: RawConfig, next = new RecordingConsumer(), directory = this.copy(),
  ): SamplerLife {
    const context = { ...processorContext('tail_sampling', 'traces', next), next };
    const sampler = createTailSamplingProcessor(
      SamplerLives.settings(config, directory), context);
    this.last = {
      context,
      sampler,
      directory,
      give: async (...list) => {
        await sampler.consume(createPayload('traces', [spans(list)], list.length));
      },
      sent: () => findSpans(next.bytes).map(({ spanId }) => nameOf(spanId)),
      pass: async (ms) => {
        for (let passed = 0; passed < ms; passed += 500) {
          await context.clock.advance(Math.min(500, ms - passed));
          await settleDisk();
        }
      },
    };
    this.all.push(this.last);
    return this.last;
  }

  /** Ends all of them, which as far as the test goes are dead, and removes what is on disk. */
  public async end(): Promise<void> {
    for (const { context, sampler, pass } of this.all) {
      context.next.consume = () => Promise.resolve();
      let isOver = false;
      void sampler.stop().then(() => { isOver = true; });
      while (!isOver) await pass(500);
    }
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Files of one log of a journal that hold something. */
export function filesOf(directory: string, log: 'spans' | 'facts'): string[] {
  return readdirSync(join(directory, log)).map((file) => join(directory, log, file))
    .filter((path) => statSync(path).size > 0);
}

/** Number of records in one log of a journal. */
export function recordsIn(directory: string, log: 'spans' | 'facts'): number {
  return filesOf(directory, log)
    .reduce((sum, file) => sum + readFileSync(file, 'latin1').split('OGQ1').length - 1, 0);
}

/** The name that spanIdOf made the id of. */
export function nameOf(spanId: string): string {
  return Buffer.from(spanId, 'hex').toString().replaceAll('\0', '');
}
