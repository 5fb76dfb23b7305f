/**
 * Where requests wait for an exporter.
 */
import { choice, count, flag } from '../fields';
import { optionalSection, type Presence, type SettingsOf } from '../section';

/** Holds requests in memory until the exporter can send them. */
export interface SendingQueueConfig {
  /**
   * Whether requests wait in a queue; otherwise the sender waits for the peer's answer.
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * How many requests are sent at the same time.
   * @default 10
   */
  readonly numConsumers?: number;
  /**
   * How much the queue holds, in units of the sizer.
   * @default 1000
   */
  readonly queueSize?: number;
  /**
   * What the queue counts: requests, items or bytes.
   * @default "requests"
   */
  readonly sizer?: string;
  /**
   * Whether a sender waits for space in a full queue rather than being refused.
   * @default false
   */
  readonly blockOnOverflow?: boolean;
  /**
   * Whether a sender waits until its request has left the queue and was answered.
   * @default false
   */
  readonly waitForResult?: boolean;
}

const fields = {
  numConsumers: count({ fallback: 10, min: 1 }),
  queueSize: count({ fallback: 1000, min: 1 }),
  sizer: choice(['requests', 'items', 'bytes'], 'requests'),
  blockOnOverflow: flag({ fallback: false }),
  waitForResult: flag({ fallback: false }),
};

/** What an exporter knows of its queue. */
export type SendingQueueSettings = SettingsOf<typeof fields>;

/** A queue that is on or off when the key is absent; `sending_queue:` alone turns it on. */
export function sendingQueue(absent: Presence['absent']) {
  return optionalSection<SendingQueueConfig>()(
    { absent, empty: 'on' }, fields, { upstreamOnly: ['storage', 'batch'] });
}
