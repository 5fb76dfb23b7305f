/** Joins a sampler and its journal. */
import { Journal } from './journal';
import type { TakeVerdict } from './known-facts';
import { Replay } from './replay';
import type { ComponentContext } from '../../../component';
import type { JournalSettings } from '../../../config';
import type { Arrival } from '../arrival';
import type { HeldTraces } from '../held-traces';
import type { Intake } from '../intake';
import type { Outbox } from '../outbox';
import type { Verdicts } from '../verdicts';

/** The parts of a sampler that a journal has to do with. */
export interface JournalledParts {
  /** The traces. */
  readonly traces: HeldTraces;
  /** Takes spans. */
  readonly arrival: Arrival;
  /** Takes requests. */
  readonly intake: Intake;
  /** Where spans leave. */
  readonly outbox: Outbox;
  /** What is written on them; absent where nothing is. */
  readonly verdicts?: Verdicts;
}

/** The journal of a sampler. */
export class SamplerJournal {
  /**
   * Opens it, and has the sampler remember the verdicts in it.
   *
   * @throws Error when its directory cannot be used.
   */
  public static async open(
    settings: JournalSettings, context: ComponentContext, parts: JournalledParts,
  ): Promise<SamplerJournal> {
    const { traces, arrival, intake, outbox, verdicts } = parts;
    const { wheel, remembered } = traces;
    const journal = await Journal.open({ settings, context, wheel, remembered });
    const replay = new Replay({ ...parts, journal, log: context.log });
    replay.recall();
    if (verdicts !== undefined) journal.facts.nameOf = (name) => verdicts.nameOf(name);
    traces.journal = journal.facts;
    outbox.journal = journal.facts;
    arrival.journal = journal;
    intake.journal = journal;
    return new SamplerJournal(journal, replay, traces);
  }

  /** Whether what an earlier process held has not all been taken up yet. */
  public isReplaying = true;
  private replaying?: Promise<void>;
  private closing?: Promise<void>;

  private constructor(
    /** The journal itself. */
    public readonly journal: Journal,
    private readonly taking: Replay,
    private readonly traces: HeldTraces,
  ) {}

  /** Whether nothing is lost now when the process is killed. */
  public get isWritten(): boolean {
    return this.journal.isWritten;
  }

  /** Gives the verdicts that an earlier process answered for. */
  public eachOwnVerdict(take: TakeVerdict): void {
    this.taking.eachOwnVerdict(take);
  }

  /**
   * Takes up what an earlier process held. The promise is fulfilled when that is done, or has to
   * wait for the next component and goes on by itself.
   */
  public replay(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.replaying ??= this.taking.run(resolve).then(() => {
        this.isReplaying = this.taking.isStopped;
        resolve();
      });
      this.replaying.catch(reject);
    });
  }

  /** All traces that were due have been decided. */
  public ticked(): void {
    this.journal.ticked();
  }

  /** No more is taken up. */
  public stopReplay(): void {
    this.taking.stop();
  }

  /** Ends it; what the sampler could not get rid of stays for the next process. */
  public close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { traces, journal, isReplaying } = this;
    // Files that are closed under it would be called unreadable.
    await this.replaying?.catch(() => undefined);
    await journal.close(
      !isReplaying && traces.undecided === 0 && journal.facts.outstanding.size === 0
      && journal.elsewhere.isEmpty);
  }
}
