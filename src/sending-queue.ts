import type { SendingQueueConfig } from './config';

/** How large a queue is. */
export interface InMemoryQueueOptions {
  /**
   * Requests that wait at most: a whole number from 1 on. What comes to a full queue is refused.
   * @default 1000
   */
  readonly requests?: number;
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

/** Where requests wait until they are sent. */
export class SendingQueue {
  /** In the memory of the pod: what waits is lost when the pod is killed. */
  public static inMemory(options: InMemoryQueueOptions = {}): SendingQueue {
    const { requests, consumers, blockOnOverflow } = options;
    return new SendingQueue({
      enabled: true, numConsumers: consumers, queueSize: requests, blockOnOverflow,
    });
  }

  /** Nowhere: who sends waits for the receiver's answer. */
  public static none(): SendingQueue {
    return new SendingQueue({ enabled: false });
  }

  private constructor(private readonly config: SendingQueueConfig) {}

  /**
   * What an exporter is told.
   * @internal
   */
  public _toConfig(): SendingQueueConfig {
    return this.config;
  }
}
