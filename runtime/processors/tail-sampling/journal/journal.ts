/**
 * What a sampler holds, on disk: the process that follows one that was killed takes it up again.
 *
 *   spans/   each request that had spans to hold or to pass on, before its sender is answered
 *   facts/   verdicts, before spans leave by them; parcels of spans that somebody has taken over
 *
 * Nothing is fsynced: what a process wrote is in the kernel's memory, whatever becomes of the
 * process. A machine that loses power loses the last seconds. Where a disk fails or is full, the
 * sampler goes on without the journal until it can be written again; facts wait for that.
 */
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  arrivalNumberOf, decodeArrival, encodeArrival, type FoundArrival,
} from './arrival-record';
import { ElsewhereParcels } from './elsewhere-parcels';
import { decodeFacts, verdictsIn } from './fact-record';
import { FactWriter } from './fact-writer';
import { JOURNAL_WORDS, JournalLog } from './journal-log';
import { JournalMetrics } from './journal-metrics';
import { KnownFacts } from './known-facts';
import { Retirement, type Wheel } from './retirement';
import { WordList } from './word-list';
import type { Timer } from '../../../clock';
import type { ComponentContext } from '../../../component';
import type { JournalSettings } from '../../../config';
import { messageOf } from '../../../errors';
import type { Payload } from '../../../pipeline/payload';
import { DirectoryLock } from '../../../storage/directory-lock';
import type { Segment } from '../../../storage/segment';
import { WriteFaults } from '../../../storage/write-faults';

const MIB = 1_048_576;
const LOCK_TIMEOUT_MS = 1_000;
const DIRECTORY_MODE = 0o750;
/** Files are a small part of the journal, so that those that are over give room back soon. */
const FILES_PER_JOURNAL = 64;
const LARGEST_FILE = 16 * MIB;
const FACT_FILE_BYTES = MIB;
/** A file is ended after this part of the longest wait, however small it is. */
const FILES_PER_WAIT = 8;
/** More numbers than stand in what cannot be read: they are not used again. */
const GAP = 2 ** 32;
/** After a write that failed the next attempt is made so much later. */
const REST_MS = 1_000;

/** What a journal is opened with. */
export interface JournalOptions {
  /** Where it is and how large it may become. */
  readonly settings: JournalSettings;
  /** The processor's context. */
  readonly context: ComponentContext;
  /** When traces are decided. */
  readonly wheel: Wheel & { readonly closedBatches: number };
  /** Number of verdicts that the sampler remembers. */
  readonly remembered: number;
}

/** A request that is being taken. */
export interface Arriving {
  /** Its number. */
  readonly number: number;
  /** The last parcel that had left before. */
  readonly parcels: number;
  /** Where its late traces begin in the list of all. */
  readonly lateAt: number;
  /** The arrival in the midst of which it comes. */
  readonly within?: Arriving;
  /** The last parcel that late spans of it left in; that before if there were none. */
  last: number;
}

/** A journal. */
export class Journal {
  /**
   * Opens the journal of one sampler, and reads what it holds but for the spans.
   *
   * @throws Error when its directory cannot be used.
   */
  public static async open(options: JournalOptions): Promise<Journal> {
    const { settings: { directory }, context } = options;
    const where = `processors.${context.id}.journal`;
    try {
      await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
      await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      throw new Error(`${where}.directory: must be a directory that can be read and written, got ${
        directory}: ${messageOf(error)}`, { cause: error });
    }
    const lock = await DirectoryLock.take(directory, LOCK_TIMEOUT_MS, context)
      .catch((error: unknown) => { throw new Error(`${where}.${messageOf(error)}`); });
    const journal = new Journal(options, lock);
    try {
      await journal.openLogs();
    } catch (error) {
      await lock.release();
      throw new Error(`${where}.directory: must hold a journal that can be opened, got ${
        directory}: ${messageOf(error)}`, { cause: error });
    }
    return journal;
  }

  /** Writes down what is decided and what leaves. */
  public readonly facts: FactWriter;
  /** What it counts. */
  public readonly metrics: JournalMetrics;
  /** Spans that are for other pods. */
  public readonly elsewhere: ElsewhereParcels;
  /** Number of the arrival that is taken up again now, or 0. */
  public replaying = 0;
  /** What the files said when it was opened; nothing but the time once that is taken up. */
  public known = new KnownFacts();
  private readonly retirement: Retirement;
  private spans!: JournalLog;
  private factLog!: JournalLog;
  private readonly lateIds = new WordList();
  private readonly startedAt: number;
  private arriving?: Arriving;
  private restsUntil = -Infinity;
  private factsRest?: Timer;
  private isClosing = false;
  private tidying?: Promise<void>;
  private cannotTidy = false;

  private constructor(
    private readonly options: JournalOptions, private readonly lock: DirectoryLock,
  ) {
    const { context: { clock, id, metrics }, wheel } = options;
    this.startedAt = clock.monotonic();
    this.metrics = new JournalMetrics(metrics, id);
    this.retirement = new Retirement(wheel);
    this.facts = new FactWriter({
      append: (record) => this.factLog.append(record)
        .then(() => true, () => this.restFacts()),
      canWrite: () => this.factsRest === undefined || this.isClosing,
      time: () => this.time,
      forgot: (verdicts) => this.metrics.forgottenVerdicts.add(verdicts),
    });
    this.elsewhere = new ElsewhereParcels(this.facts, this.retirement);
  }

  /** Milliseconds that only run while a sampler does, whichever process it is. */
  public get time(): number {
    return this.known.time + this.options.context.clock.monotonic() - this.startedAt;
  }

  /** Whether it can be written, as far as is known. */
  public get isWritten(): boolean {
    return this.options.context.clock.monotonic() >= this.restsUntil;
  }

  /** A request is about to be taken. */
  public begin(): Arriving {
    const { facts, arriving: within, lateIds } = this;
    facts.arrivals += 1;
    this.arriving = {
      number: facts.arrivals,
      parcels: facts.parcels,
      lateAt: lateIds.length,
      within,
      last: facts.parcels,
    };
    return this.arriving;
  }

  /** The spans that leave now are of the kept trace whose id stands in `ids` from `at`. */
  public late(ids: Int32Array, at: number): void {
    this.lateIds.pushId(ids[at], ids[at + 1], ids[at + 2], ids[at + 3]);
  }

  /** All of them have left. */
  public passedOn(): void {
    if (this.arriving !== undefined) this.arriving.last = this.facts.parcels;
  }

  /** The request was refused, or had nothing that is still needed. */
  public forget({ lateAt, within }: Arriving): void {
    this.arriving = within;
    this.lateIds.takeFrom(lateAt);
  }

  /**
   * Resolves when the request is written or cannot be, and says which; undefined when that is not
   * tried now.
   */
  public append(
    { number, parcels, lateAt, within, last }: Arriving, chunks: readonly Uint8Array[],
    spans: number,
  ): Promise<boolean> | undefined {
    this.arriving = within;
    const late = this.lateIds.takeFrom(lateAt);
    if (!this.isWritten) {
      this.metrics.unwrittenSpans.add(spans);
      return undefined;
    }
    const head = { number, time: this.time, first: parcels + 1, last, late };
    return this.spans.append(encodeArrival(head, chunks, spans)).then(() => true, () => {
      this.restsUntil = this.options.context.clock.monotonic() + REST_MS;
      this.metrics.unwrittenSpans.add(spans);
      return false;
    });
  }

  /** Gives every arrival that was found, in the order in which they came, as long as `goesOn`. */
  public async eachArrival(
    visit: (arrival: FoundArrival) => void | Promise<void>, goesOn: () => boolean,
  ): Promise<void> {
    await this.spans.read((record) => visit(decodeArrival(record)), goesOn);
  }

  /** Spans of the arrival that is being taken are for other pods, in these requests. */
  public sendElsewhere(requests: readonly Uint8Array[], ids: Int32Array): void {
    this.elsewhere.send(this.arriving?.number ?? this.replaying, requests, ids);
  }

  /** All that was found is held again, or has left again. */
  public replayed(): void {
    this.retirement.heldAnew();
    // Eighty bytes for each of what may be millions of verdicts.
    this.known = new KnownFacts(this.known.time);
  }

  /** All traces that were due have been decided, and what was kept has left. */
  public ticked(): void {
    const { wheel } = this.options;
    const newest = this.spans.segments.at(-1);
    const ticks = Math.max(1, Math.floor(wheel.closedBatches / FILES_PER_WAIT));
    if (newest !== undefined && this.retirement.isOlderThan(newest, ticks)) this.spans.seal();
    this.tidying ??= this.tidy().finally(() => { this.tidying = undefined; });
  }

  /**
   * Ends it. With `isEmpty`, nothing of what it holds is needed any more but the verdicts, for
   * spans that come late.
   */
  public async close(isEmpty: boolean): Promise<void> {
    this.isClosing = true;
    this.factsRest?.cancel();
    this.facts.retry();
    await this.facts.idle();
    const { waitingVerdicts: verdicts } = this.facts;
    if (verdicts > 0) {
      this.options.context.log.warn('Verdicts are lost: the journal cannot be written.', {
        verdicts,
      });
    }
    await this.tidying;
    await this.spans.close();
    if (isEmpty) for (const segment of this.retirement.allArrivals()) await this.drop(segment);
    await this.factLog.close();
    await this.lock.release();
  }

  private async openLogs(): Promise<void> {
    const { settings: { directory, maxMib }, context: { log } } = this.options;
    const { metrics } = this;
    const diskBytes = (): number => this.diskBytes;
    const maxBytes = maxMib * MIB;
    const faults = new WriteFaults(JOURNAL_WORDS, log);
    this.factLog = await JournalLog.open({
      folder: join(directory, 'facts'),
      segmentBytes: FACT_FILE_BYTES,
      // Verdicts are small, and what they are about may stand there already.
      maxBytes: 0,
      log,
      metrics,
      faults,
      diskBytes,
      onWritten: (segment, record) => this.factsIn(segment, record),
    });
    await this.factLog.read((record, segment) => this.factsIn(segment, record, this.known));
    this.spans = await JournalLog.open({
      folder: join(directory, 'spans'),
      segmentBytes: Math.min(LARGEST_FILE, Math.floor(maxBytes / FILES_PER_JOURNAL)),
      maxBytes,
      log,
      metrics,
      faults,
      diskBytes,
      onWritten: (segment, record) =>
        this.retirement.arrivalIn(segment, arrivalNumberOf(record)),
    });
    await this.spans.read((record, segment) => {
      const arrival = decodeArrival(record);
      this.retirement.arrivalIn(segment, arrival.number);
      this.known.addArrival(arrival);
    });
    const hasGaps = this.spans.hasGaps || this.factLog.hasGaps;
    this.facts.arrivals = this.known.arrivals + (hasGaps ? GAP : 0);
    this.facts.parcels = this.known.parcels + (hasGaps ? GAP : 0);
    metrics.observe(diskBytes, () => this.facts.waitingVerdicts);
  }

  private get diskBytes(): number {
    return (this.spans?.diskBytes ?? 0) + (this.factLog?.diskBytes ?? 0);
  }

  private factsIn(segment: Segment, record: Payload, known?: KnownFacts): void {
    // What was just written need not be read to know how many verdicts it has.
    const facts = known === undefined ? undefined : decodeFacts(record);
    if (facts !== undefined) known?.add(facts);
    const verdicts = facts === undefined ? record.items : verdictsIn(facts);
    this.retirement.factsIn(segment, verdicts, facts?.arrivals ?? this.facts.arrivals);
  }

  /** Facts wait for a while: the disk is left alone. */
  private restFacts(): false {
    if (this.isClosing) return false;
    this.factsRest ??= this.options.context.clock.after(REST_MS, () => {
      this.factsRest = undefined;
      this.facts.retry();
    });
    return false;
  }

  private async tidy(): Promise<void> {
    const { facts, retirement, options: { remembered } } = this;
    const [oldest = Infinity] = facts.outstanding;
    for (const segment of retirement.spentArrivals(facts.parcels, oldest)) {
      await this.drop(segment);
    }
    for (const segment of retirement.spentFacts(remembered)) await this.drop(segment);
  }

  private async drop(segment: Segment): Promise<void> {
    const log = this.spans.segments.includes(segment) ? this.spans : this.factLog;
    try {
      await log.delete(segment);
      this.retirement.forget(segment);
      this.cannotTidy = false;
    } catch (error) {
      if (!this.cannotTidy) {
        this.options.context.log.warn('Files of the journal cannot be deleted.', {
          file: segment.path, error: messageOf(error),
        });
      }
      this.cannotTidy = true;
    }
  }
}
