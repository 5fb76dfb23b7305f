/** Sends the process's spans, through the SDK. */
import type { Clock } from '../clock';
import type { Component } from '../component';
import type { TelemetrySettings } from '../config';
import { endSending, listenToSdk, loadSdk } from './load-sdk';
import type { Logger } from './logger';
import type { OwnResource } from './resource';
import type { OwnSpan, SpanHeaders, SpanPlace, Spans, SpanStart } from './spans';
import type { OwnSpans } from './telemetry-sdk';

const NOWHERE: OwnSpan = {
  place: { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 },
  event: () => undefined,
  end: () => undefined,
};

/** Loads the SDK when it starts, and never before; nothing is traced until then. */
export class SentSpans implements Component, Spans {
  public current?: SpanPlace;
  private own?: OwnSpans;

  public constructor(
    private readonly settings: TelemetrySettings['traces'], private readonly resource: OwnResource,
    private readonly context: { readonly clock: Clock; readonly log: Logger },
  ) {}

  public start(): Promise<void> {
    listenToSdk(this.context.log);
    this.own = loadSdk().createOwnSpans({ ...this.settings, resource: this.resource });
    return Promise.resolve();
  }

  public async stop(): Promise<void> {
    const { own } = this;
    this.own = undefined;
    if (own !== undefined) await endSending('spans', own, this.context);
  }

  public parentOf(headers: readonly string[]): SpanPlace | undefined {
    return this.own?.parentOf(headers);
  }

  public headersOf(place: SpanPlace): SpanHeaders {
    return this.own?.headersOf(place) ?? [];
  }

  public begin(start: SpanStart): OwnSpan {
    return this.own?.begin(start) ?? NOWHERE;
  }
}
