/** A sender over a client: what an OTLP peer's answers mean, whatever they came over. */
import type { ComponentContext } from '../component';
import { PermanentError } from '../errors';
import type { PartialSuccess } from './partial-success';
import { Code, errorOf, type Status } from './status';
import type { MessageClient } from './transport';
import { ITEM_NAMES, letGo, type Payload, type Signal } from '../pipeline/payload';
import type { Sender } from '../pipeline/sender';
import type { SpanPlace } from '../telemetry/spans';

/** What differs between OTLP over gRPC and over HTTP. */
export interface OtlpDialect {
  /** The method's path or the URL of each signal. */
  readonly paths: Readonly<Record<Signal, string>>;
  /** The bytes to send. */
  readonly encode: (payload: Payload) => readonly Uint8Array[];
  /** What a peer says beside its success. */
  readonly partialSuccess: (answer: Uint8Array) => PartialSuccess | 'malformed' | undefined;
  /** Whether to try again. */
  readonly isRetryable: (status: Status) => boolean;
  /** The sentence of a failure. */
  readonly text: (status: Status) => string;
}

/** Gives payloads to one OTLP peer. */
export class OtlpSender implements Sender {
  public constructor(
    private readonly client: MessageClient,
    private readonly dialect: OtlpDialect,
    private readonly context: ComponentContext,
  ) {}

  /**
   * Begins to connect; `send` works without it.
   *
   * @throws Error when a file of the TLS settings cannot be read.
   */
  public open(): void {
    this.client.open();
  }

  public send(payload: Payload, timeoutMs: number, parent?: SpanPlace): Promise<void> {
    const { paths, encode } = this.dialect;
    return new Promise((resolve, reject) => {
      const path = paths[payload.signal];
      this.client.send(path, encode(payload), timeoutMs, (status, answer) => {
        const failure = status.code === Code.ok
          ? this.told(payload.signal, answer)
          : errorOf(status, this.dialect.text(status), this.dialect.isRetryable(status));
        if (failure !== undefined) {
          reject(failure);
          return;
        }
        letGo(payload);
        resolve();
      }, payload.metadata, parent);
    });
  }

  public close(): Promise<void> {
    return this.client.close();
  }

  /** A peer that left something out took the request nevertheless. */
  private told(signal: Signal, answer: Uint8Array): PermanentError | undefined {
    const partial = this.dialect.partialSuccess(answer);
    if (partial === undefined) return undefined;
    if (partial === 'malformed') {
      const message = `Permanent error: the answer must be a ${signal} export response, got `
        + `${answer.length} bytes that are none`;
      return new PermanentError(message, { code: Code.internal });
    }
    const items = ITEM_NAMES[signal];
    this.context.log.warn('Partial success response', {
      message: partial.message, [`dropped_${items}`]: partial.rejectedItems,
    });
    this.context.metrics.counter({
      name: `otelgw_exporter_rejected_${items}`,
      description: `Number of ${items.replace('_', ' ')} that the peer left out of what it took.`,
      unit: '{item}',
    }, { exporter: this.context.id }).add(Math.max(0, partial.rejectedItems));
    return undefined;
  }
}
