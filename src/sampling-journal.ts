import { Size } from 'cdk8s';
import type { TailSamplingJournalConfig } from './config';
import { textOf, wholeMebibytes, type Kind } from './config/prop-kinds';
import { rightProps } from './prop-kinds';
import { JOURNAL_FOLDER, type JournalStorage } from './workload/journal-storage';

/** How large a journal is. */
export interface SamplingJournalOptions {
  /**
   * Room on disk: whole mebibytes, 32 of them at least. Nine tenths of it are for the journal: a
   * pod that fills its disk is evicted. What does not fit is held without it.
   * @default Size.gibibytes(1)
   */
  readonly size?: Size;
}

/** How large a journal on a volume is, and what the volume is. */
export interface PersistentJournalOptions extends SamplingJournalOptions {
  /**
   * Class of the volumes.
   * @default - that of the cluster
   */
  readonly storageClassName?: string;
}

const LEAST_MIB = 32;
/** The rest is for what is written while an old file is removed. */
const SHARE = 0.9;
const KINDS: Readonly<Record<string, Kind>> = {
  size: wholeMebibytes,
  storageClassName: textOf(/./, 'the name of a StorageClass', '\'fast\''),
};

/**
 * Where a sampler notes what it holds before it says that it has taken it, so that a process which
 * is killed loses nothing. What the last process held is taken up when the next one starts.
 *
 * What is kept stays in it until the backend has it: exporters with a queue in memory wait for the
 * backend's answer, and gather in the queue. Where one gets other signals, too, traces have an
 * exporter of their own, with `-sampled` behind its name.
 */
export class SamplingJournal {
  /** On the disk of the pod: it outlives the process, but goes with its pod. */
  public static ephemeral(options: SamplingJournalOptions = {}): SamplingJournal {
    return new SamplingJournal('pod', options);
  }

  /**
   * On a volume of each pod's own, which outlives the pod, too: the next pod of the same number
   * takes it up. The volumes are kept when pods are scaled away or the tier is deleted, unless a
   * persistent queue of the tier says otherwise.
   */
  public static persistent(options: PersistentJournalOptions = {}): SamplingJournal {
    return new SamplingJournal('volume', options);
  }

  /**
   * What it needs of the disk.
   * @internal
   */
  public readonly _storage: JournalStorage;
  /**
   * What is wrong with it; every sentence says below `→` what to do about it.
   * @internal
   */
  public readonly _problems: readonly string[];

  private constructor(lasts: JournalStorage['lasts'], options: PersistentJournalOptions) {
    const { props, problems } = rightProps(options, KINDS, 'journal.', { isWhole: true });
    const mib = (props.size ?? Size.gibibytes(1)).toMebibytes();
    this._storage = {
      lasts, mib: Math.max(LEAST_MIB, mib), storageClassName: props.storageClassName,
    };
    this._problems = [...problems, ...mib >= LEAST_MIB ? [] : [
      `journal: size must be ${LEAST_MIB} MiB at least, got ${mib}.`
      + '\n→ leave `size` out, or give it Size.gibibytes(1).',
    ]];
  }

  /**
   * What the sampler is told.
   * @internal
   */
  public _toConfig(): TailSamplingJournalConfig {
    return { directory: JOURNAL_FOLDER, maxMib: Math.floor(this._storage.mib * SHARE) };
  }
}
