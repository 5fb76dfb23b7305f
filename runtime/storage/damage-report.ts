/** Damage that is found in the files of a log: counted and logged, each place once. */
import type { Damage } from './record-scanner';
import { segmentFile, type Segment } from './segment';
import type { Logger } from '../telemetry/logger';
import type { Counter } from '../telemetry/metrics';

/** What is counted. */
export interface DamageMetrics {
  /** Places. */
  readonly damagedPlaces: Counter;
  /** Bytes in them. */
  readonly damagedBytes: Counter;
}

/** Tells of damage. */
export class DamageReport {
  private readonly known = new Set<string>();

  /** Tells of the files of `noun`, which stands in the log. */
  public constructor(
    private readonly noun: string,
    private readonly log: Logger,
    private readonly metrics: DamageMetrics,
  ) {}

  /** A place in a file is damaged. */
  public tell(segment: Segment, { offset, damagedBytes }: Damage): void {
    const place = `${segmentFile(segment.name)}:${offset}`;
    if (this.known.has(place)) return;
    this.known.add(place);
    this.metrics.damagedPlaces.add(1);
    this.metrics.damagedBytes.add(damagedBytes);
    this.log.error(`A file of ${this.noun} is damaged. What is damaged is lost.`, {
      file: segment.path, offset, bytes: damagedBytes,
    });
  }
}
