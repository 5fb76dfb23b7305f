import type { Size } from 'cdk8s';
import type { SendingQueueConfig } from './config';
import { QUEUE_STORAGE_ID, type QueueStorage } from './workload/queue-storage';

/** What all queues may be told. */
export interface SendingQueueOptions {
  /**
   * Requests that wait at most: a whole number from 1 on. What comes to a full queue is refused.
   * @default - 1000 in memory; on disk as many as there is room for
   */
  readonly requests?: number;
  /**
   * Spans, data points and log records that wait at most, in place of `requests`: a whole number
   * from 1 on.
   * @default - it is not them that are counted
   */
  readonly items?: number;
  /**
   * How many requests are sent at the same time: a whole number from 1 on.
   * @default 10
   */
  readonly consumers?: number;
  /**
   * Whether who sends waits for room in a full queue rather than being refused.
   * @default false
   */
  readonly blockOnOverflow?: boolean;
}

/** How large a queue is. */
export interface InMemoryQueueOptions extends SendingQueueOptions {}

/** How large a queue on disk is. */
export interface EphemeralQueueOptions extends SendingQueueOptions {
  /**
   * Room on disk: whole mebibytes, 16 of them at least. Without `requests` or `items` the queue
   * holds three quarters of it, for files are larger than what is in them.
   */
  readonly size: Size;
}

/** How large a queue on a volume is, and what becomes of the volume. */
export interface PersistentQueueOptions extends EphemeralQueueOptions {
  /**
   * Class of the volumes. Of no meaning to agents, which keep their queue on their node.
   * @default - that of the cluster
   */
  readonly storageClassName?: string;
  /**
   * What becomes of the volumes when the tier is deleted: Retain or Delete. A StatefulSet may have
   * to be deleted to be changed.
   * @default "Retain"
   */
  readonly whenDeleted?: string;
  /**
   * What becomes of the volume of a pod that is scaled away: Retain or Delete. A pod does not
   * empty its queue before it ends; what waits is sent by the next pod of the same number.
   * @default "Retain"
   */
  readonly whenScaled?: string;
}

const LEAST_MIB = 16;

/** Where requests wait until they are sent. */
export class SendingQueue {
  /**
   * In the memory of the pod: what waits is lost when the pod is killed. Our collector tries to
   * send it until the pod's time to end is over; upstream's gives it up as soon as it is asked to
   * end while the receiver is away, so what must not be lost then is for `persistent`.
   */
  public static inMemory(options: InMemoryQueueOptions = {}): SendingQueue {
    return new SendingQueue(toConfig(options), problemsOf(options));
  }

  /**
   * On a volume that outlives the pod: of a gateway or sampler a claim for each pod, of an agent a
   * folder of its node. Collectors with such a queue are replaced one at a time. A
   * GatewayDeployment cannot have one, but a GatewayStatefulSet can. Our collector and upstream's
   * do not read each other's files: let a queue run empty before the image changes from one to
   * the other.
   */
  public static persistent(options: PersistentQueueOptions): SendingQueue {
    return SendingQueue.onDisk('volume', options);
  }

  /**
   * On the disk of the pod: what waits outlives a process that is killed, but goes with its pod.
   */
  public static ephemeral(options: EphemeralQueueOptions): SendingQueue {
    return SendingQueue.onDisk('pod', options);
  }

  /** Nowhere: who sends waits for the receiver's answer. */
  public static none(): SendingQueue {
    return new SendingQueue({ enabled: false });
  }

  private static onDisk(
    lasts: QueueStorage['lasts'], options: PersistentQueueOptions,
  ): SendingQueue {
    const { whenDeleted = 'Retain', whenScaled = 'Retain', storageClassName } = options ?? {};
    const mib = Math.max(LEAST_MIB, mebibytes(options?.size) ?? 0);
    const counted = toConfig(options ?? {});
    const config: SendingQueueConfig = {
      ...counted.queueSize === undefined
        ? { ...counted, sizer: 'bytes', queueSize: Math.floor(mib * 0.75) * 1024 * 1024 } : counted,
      storage: QUEUE_STORAGE_ID,
    };
    const storage = { lasts, mib, storageClassName, whenDeleted, whenScaled };
    const problems = [...problemsOf(options ?? {}), ...diskProblems(options)];
    return new SendingQueue(config, problems, storage);
  }

  private constructor(
    private readonly config: SendingQueueConfig,
    /**
     * What is wrong with it; every sentence says below `→` what to do about it.
     * @internal
     */
    public readonly _problems: readonly string[] = [],
    /**
     * What it needs of the disk.
     * @internal
     */
    public readonly _storage?: QueueStorage,
  ) {}

  /**
   * What an exporter is told.
   * @internal
   */
  public _toConfig(): SendingQueueConfig {
    return this.config;
  }
}

function toConfig(options: SendingQueueOptions): SendingQueueConfig {
  const { requests, items, consumers, blockOnOverflow } = options;
  return {
    enabled: true,
    numConsumers: consumers,
    ...items === undefined ? {} : { sizer: 'items' },
    queueSize: items ?? requests,
    blockOnOverflow,
  };
}

function problemsOf({ requests, items }: SendingQueueOptions): string[] {
  return requests === undefined || items === undefined ? [] : [
    'queue: must count requests or items, got both.\n→ leave one of them out.',
  ];
}

function diskProblems(options: PersistentQueueOptions | undefined): string[] {
  const { size, whenDeleted = 'Retain', whenScaled = 'Retain' } = options ?? {};
  const mib = mebibytes(size);
  const policies = Object.entries({ whenDeleted, whenScaled })
    .filter(([, policy]) => !['Retain', 'Delete'].includes(policy));
  return [
    ...mib !== undefined && mib >= LEAST_MIB ? [] : [
      `queue: size must be a Size of whole mebibytes, ${LEAST_MIB} at least, got`
      + ` ${mib ?? (size === undefined ? 'nothing' : 'something else')}.`
      + '\n→ give `size` Size.gibibytes(5), for example.',
    ],
    ...policies.map(([name, policy]) => `queue: ${name} must be Retain or Delete, got`
      + ` ${JSON.stringify(policy)}.\n→ leave \`${name}\` out to keep the volumes.`),
  ];
}

function mebibytes(size: Size | undefined): number | undefined {
  try {
    return size?.toMebibytes();
  } catch {
    return undefined;
  }
}
