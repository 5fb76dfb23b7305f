/** What a journal counts. */
import type { Counter, Instrument, Metrics } from '../../../telemetry/metrics';

const PREFIX = 'otelgw_tail_sampling_journal_';

/** The metrics of one journal. */
export class JournalMetrics {
  /** Spans that were taken and are not in the journal. */
  public readonly unwrittenSpans: Counter;
  /** Verdicts that are never written: too many waited for a disk that failed. */
  public readonly forgottenVerdicts: Counter;
  /** Writes that failed. */
  public readonly writeFailures: Counter;
  /** Places in files that could not be read. */
  public readonly damagedPlaces: Counter;
  /** Bytes in such places. */
  public readonly damagedBytes: Counter;
  /** Spans of an earlier process that were taken up again. */
  public readonly replayedSpans: Counter;
  /** Verdicts of an earlier process that are followed again. */
  public readonly replayedVerdicts: Counter;

  public constructor(private readonly metrics: Metrics, private readonly processor: string) {
    this.unwrittenSpans = this.counter('unwritten_spans', '{spans}',
      'Spans that were taken while the journal could not be written: a kill would lose them');
    this.forgottenVerdicts = this.counter('forgotten_verdicts', '{traces}',
      'Verdicts that are never written, for too many waited for the disk: a kill would lose them');
    this.writeFailures = this.counter('write_failures', '{writes}',
      'Writes to files of the journal that failed');
    this.damagedPlaces = this.counter('damaged_places', '{places}',
      'Places in files of the journal that could not be read');
    this.damagedBytes = this.counter('damaged_bytes', 'By',
      'Bytes in files of the journal that could not be read');
    this.replayedSpans = this.counter('replayed_spans', '{spans}',
      'Spans that an earlier process held and this one took up again');
    this.replayedVerdicts = this.counter('replayed_verdicts', '{traces}',
      'Verdicts of an earlier process that this one remembers');
  }

  /** Shows how large the files are, and how many verdicts wait for the disk. */
  public observe(diskBytes: () => number, waitingVerdicts: () => number): void {
    this.gauge('disk_bytes', 'By', 'Bytes of the files of the journal', diskBytes);
    this.gauge('waiting_verdicts', '{traces}',
      'Verdicts that are not written yet: a kill would lose them', waitingVerdicts);
  }

  private gauge(name: string, unit: string, description: string, read: () => number): void {
    const instrument = this.instrument(name, unit, description);
    this.metrics.observe('gauge', instrument, { processor: this.processor }, read);
  }

  private counter(name: string, unit: string, description: string): Counter {
    return this.metrics.counter(
      this.instrument(name, unit, description), { processor: this.processor });
  }

  private instrument(name: string, unit: string, description: string): Instrument {
    return { name: `${PREFIX}${name}`, unit, description };
  }
}
