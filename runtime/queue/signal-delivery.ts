import type { Timer } from '../clock';
import { formatGoDuration, type SendingQueueSettings } from '../config';
import { messageOf, PermanentError, RetryableError } from '../errors';
import type { DeliveryOptions } from './delivery';
import { DeliveryCounters, deliveryCounters } from './delivery-metrics';
import { deliverySpans, type DeliverySpan, type DeliverySpans } from './delivery-spans';
import { KeptForRestart, PersistentQueue } from './persistent-queue';
import { isFailure, type Failure, type RequestQueue } from './queue-parts';
import { Backoff } from './retry';
import { SendingQueue } from './sending-queue';
import type { Payload, Signal } from '../pipeline/payload';
import { PartialFailure } from '../pipeline/sender';
import type { Attributes } from '../telemetry/metrics';

/** Time is short then, and a peer that is back should not be missed. */
const LONGEST_PAUSE_WHILE_STOPPING_MS = 500;

/** What is left to do for one request. */
interface Request {
  payload: Payload;
  /** Whether the peer has taken some of what came in. */
  begun: boolean;
  /** Attempts that failed. */
  retries: number;
  /** Told of what happens to it, where spans are made. */
  readonly span?: DeliverySpan;
}

/** The way out for one signal. */
export class SignalDelivery {
  private readonly queue?: RequestQueue;
  private readonly counters: DeliveryCounters;
  private readonly spans?: DeliverySpans;
  /** Ends of waits between attempts; stopping ends them all at once. */
  private readonly waits = new Set<() => void>();
  private inFlight = 0;
  private closed = false;
  private abandoned = false;
  private readonly idleListeners: (() => void)[] = [];

  public constructor(
    private readonly options: DeliveryOptions,
    signal: Signal,
    sentAttributes: Attributes,
  ) {
    const { sendingQueue } = options.settings;
    this.spans = deliverySpans(options.context, signal);
    const queue = this.queueFor(signal);
    this.queue = queue;
    this.counters = deliveryCounters(options.context, signal, sentAttributes, {
      inFlight: () => this.inFlight,
      queue: queue && { capacity: sendingQueue?.queueSize ?? 0, size: () => queue.size },
      batches: sendingQueue?.batch !== undefined,
      partitions: queue?.partitions,
    });
  }

  /** Opens what the queue is kept in, if it is. */
  public async start(): Promise<void> {
    await this.queue?.start();
  }

  /** Items whose sender was told that they are taken, and that are not delivered yet. */
  public get pendingItems(): number {
    return this.queue?.pendingItems ?? 0;
  }

  /** Takes `payload` as `Consumer.consume` promises. */
  public consume(payload: Payload): void | Promise<void> {
    if (payload.items === 0) return undefined;
    if (this.queue === undefined) return this.deliverAtOnce(payload);
    this.counters.enqueued(payload);
    const waited = this.options.settings.sendingQueue?.waitForResult;
    try {
      const offered = this.offer(this.queue, payload);
      return offered?.catch((error: unknown) => {
        // What was sent and failed was in the queue.
        if (waited !== true) this.counters.enqueueFailed.add(payload.items);
        return this.refuse(leftOf(error, payload), error);
      });
    } catch (error) {
      this.counters.enqueueFailed.add(payload.items);
      return this.refuse(payload.items, error);
    }
  }

  private offer(queue: RequestQueue, payload: Payload): void | Promise<void> {
    return this.spans === undefined
      ? queue.offer(payload)
      : this.spans.enqueue(payload, () => queue.offer(payload));
  }

  /**
   * Takes nothing more. What waits for its next attempt gets it now; what the queue promised to
   * pass on is tried again and again until `abandon`.
   */
  public close(): void {
    this.closed = true;
    this.queue?.close();
    for (const wake of [...this.waits]) wake();
  }

  /** Resolves when nothing is queued or under way. */
  public async idle(): Promise<void> {
    await this.queue?.idle();
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.idleListeners.push(resolve));
  }

  /** Closes what the queue is kept in, after `idle`. */
  public async finish(): Promise<void> {
    await this.queue?.finish();
  }

  /** Gives up what is still in the queue, counts it and says so. No attempt begins from now on. */
  public abandon(): void {
    this.abandoned = true;
    for (const wake of [...this.waits]) wake();
    let items = 0;
    for (const payload of this.queue?.abandon() ?? []) items += payload.items;
    if (items > 0) this.drop(items, new RetryableError('the time to drain the queue is over'));
  }

  private get keeps(): boolean {
    return this.options.settings.sendingQueue?.storage !== undefined;
  }

  private queueFor(signal: Signal): RequestQueue | undefined {
    const { context, memory, settings: { sendingQueue } } = this.options;
    if (sendingQueue === undefined) return undefined;
    const options = {
      signal,
      settings: sendingQueue,
      clock: context.clock,
      memory: memory?.open(),
      derived: this.spans && ((...made: Parameters<DeliverySpans['derive']>) =>
        this.spans?.derive(...made)),
      deliver: (payload: Payload) => this.deliverQueued(payload, sendingQueue),
    };
    const { storage } = sendingQueue;
    return storage === undefined
      ? new SendingQueue(options)
      : new PersistentQueue({ ...options, context, storage, spans: this.spans });
  }

  private async deliverAtOnce(payload: Payload): Promise<void> {
    if (this.closed) throw new RetryableError('exporter is stopped');
    this.spans?.pass(payload);
    const request = this.requestOf(payload);
    try {
      await this.deliver(request);
    } catch (error) {
      this.refuse(request.payload.items, error);
    }
  }

  private async deliverQueued(
    payload: Payload, { batch, waitForResult }: SendingQueueSettings,
  ): Promise<void> {
    if (batch !== undefined) this.counters.batchSent(payload);
    const request = this.requestOf(payload);
    try {
      await this.deliver(request);
    } catch (error) {
      if (waitForResult || !isFailure(error) || error instanceof KeptForRestart) throw error;
      this.log('Dropping', error, { dropped_items: request.payload.items });
    }
  }

  private requestOf(payload: Payload): Request {
    return { payload, begun: false, retries: 0, span: this.spans?.begin(payload) };
  }

  /** Sends until it is taken or lost. What is thrown says why, and was counted. */
  private async deliver(request: Request): Promise<void> {
    this.inFlight++;
    const { span, payload } = request;
    try {
      await this.attempt(request);
      this.counters.sent.add(request.payload.items);
      span?.end(payload.items);
    } catch (error) {
      span?.end(payload.items, error);
      if (error instanceof KeptForRestart) throw error;
      this.counters.failed(request.payload.items, error);
      throw request.begun && isFailure(error) ? partial(error, request.payload) : error;
    } finally {
      this.inFlight--;
      if (this.inFlight === 0) for (const tell of this.idleListeners.splice(0)) tell();
    }
  }

  private async attempt(request: Request): Promise<void> {
    const { context, random, sender, settings } = this.options;
    const backoff = new Backoff(settings.retryOnFailure, random ?? Math.random);
    const began = context.clock.monotonic();
    for (;;) {
      // Read before the attempt: where nobody was promised anything, one that begins while stopping
      // is the last one.
      const isLast = (this.closed && this.queue === undefined) || !settings.retryOnFailure.enabled;
      request.span?.attempt(request.retries++);
      try {
        await sender.send(request.payload, settings.timeout, request.span?.place);
        return;
      } catch (error) {
        if (error instanceof PartialFailure) this.keepRest(request, error);
        if (request.payload.items === 0) return;
        const retry = settings.retryOnFailure.enabled;
        if (error instanceof PermanentError && retry) throw prefixed('not retryable error', error);
        if (this.closed && this.keeps && error instanceof RetryableError) throw kept(error);
        if (!(error instanceof RetryableError) || isLast || this.abandoned) throw error;
        const wait = backoff.next(context.clock.monotonic() - began, error.delayMs);
        if (wait === undefined) throw prefixed('no more retries left', error);
        await this.pause(wait, error, request.span);
        if (this.closed && this.keeps) throw kept(error);
        if (this.abandoned) throw error;
      }
    }
  }

  private keepRest(request: Request, failure: PartialFailure): void {
    const { rest, lostItems } = failure;
    const taken = request.payload.items - rest.items - lostItems;
    this.counters.sent.add(taken);
    if (lostItems > 0) this.drop(lostItems, failure);
    request.payload = rest;
    request.begun = true;
  }

  private pause(wanted: number, error: RetryableError, span?: DeliverySpan): Promise<void> {
    if (this.closed && this.queue === undefined) return Promise.resolve();
    const ms = this.closed ? Math.min(wanted, LONGEST_PAUSE_WHILE_STOPPING_MS) : wanted;
    const interval = formatGoDuration(Math.round(ms));
    span?.failed(interval, error);
    this.options.context.log.info('Exporting failed. Will retry the request after interval.', {
      error: messageOf(error), interval,
    });
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.waits.delete(wake);
        resolve();
      };
      const timer: Timer = this.options.context.clock.after(ms, wake);
      this.waits.add(wake);
    });
  }

  private drop(items: number, error: RetryableError): void {
    this.counters.failed(items, error);
    this.log('Dropping', error, { dropped_items: items });
  }

  private refuse(items: number, error: unknown): never {
    if (isFailure(error)) this.log('Rejecting', error, { rejected_items: items });
    throw error;
  }

  private log(what: 'Dropping' | 'Rejecting', error: unknown, items: Record<string, number>): void {
    const { sendingQueue, retryOnFailure } = this.options.settings;
    const hints = [
      retryOnFailure.enabled
        ? ''
        : ' Try enabling retry_on_failure config option to retry on retryable errors.',
      sendingQueue ? '' : ' Try enabling sending_queue to survive temporary failures.',
    ];
    this.options.context.log.error(`Exporting failed. ${what} data.${hints.join('')}`, {
      error: messageOf(error), ...items,
    });
  }
}

/** Items of `payload` that a failure left. */
function leftOf(error: unknown, payload: Payload): number {
  return error instanceof PartialFailure ? error.rest.items : payload.items;
}

function kept(error: RetryableError): KeptForRestart {
  return new KeptForRestart(`the exporter stops: ${error.message}`, { cause: error });
}

function prefixed<E extends Failure>(prefix: string, error: E): Failure {
  const options = { cause: error, code: error.code };
  const message = `${prefix}: ${error.message}`;
  return error instanceof RetryableError
    ? new RetryableError(message, { ...options, delayMs: error.delayMs })
    : new PermanentError(message, options);
}

/** What the caller needs who kept the payload: only `rest` may be given again. */
function partial(error: Failure, rest: Payload): Failure {
  if (error instanceof PermanentError) return error;
  return new PartialFailure(error.message, rest, 0, {
    cause: error, code: error.code, delayMs: error.delayMs,
  });
}
