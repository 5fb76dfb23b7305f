/** Sends log lines as OTLP, beside what is written, through the SDK. */
import { sleep, type Clock } from '../clock';
import type { Component } from '../component';
import type { RecordProcessorSettings } from '../config';
import { loadSdk } from './load-sdk';
import type { SendLine } from './log-writer';
import type { OwnResource } from './resource';
import type { OwnLogs } from './telemetry-sdk';

/** Longest time that the last lines of a process may take: an exit must not wait for a peer. */
const LAST_SENDING_MS = 5_000;

/** Loads the SDK when it is made: the first lines of a process are worth as much as others. */
export class SentLines implements Component {
  private readonly own: OwnLogs;
  private stopping?: Promise<void>;

  /** @throws Error when a peer's certificate cannot be read. */
  public constructor(
    processors: readonly RecordProcessorSettings[], resource: OwnResource,
    private readonly clock: Clock,
  ) {
    this.own = loadSdk().createOwnLogs({ processors, resource });
  }

  /** Sends one line. */
  public readonly send: SendLine = (level, message, fields) => {
    this.own.emit(level, message, fields);
  };

  public start(): Promise<void> {
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    this.stopping ??= Promise.race([
      // What cannot be sent now was written all the same.
      this.own.shutdown().catch(() => undefined), sleep(this.clock, LAST_SENDING_MS),
    ]);
    return this.stopping;
  }
}
