/**
 * What every component promises (component.ts), as tests that each of them inherits.
 *
 * A component's test calls `componentSuite` and says how to make one; nothing here knows which
 * component it is. Those with sockets do so under runtime/test/.
 */
import type { Component, Consumer } from '../component';
import { PermanentError, RetryableError } from '../errors';
import { FakeClock, settle } from './fake-clock';
import { HOSTILE_BYTES } from './hostile-bytes';
import { RecordingConsumer } from './recording-consumer';
import { bytesOf, itemsIn, samplePayload } from './sample-payload';
import { createPayload, Payload, Signal, SIGNALS } from '../pipeline/payload';

/** A component that was just made and not yet started. */
export interface Subject<C extends Component = Component> {
  /** The component. */
  readonly component: C;
  /** Its clock, when it is one that a test moves. */
  readonly clock?: FakeClock;
  /** Ends what the test opened around the component. */
  dispose?(): void | Promise<void>;
}

/** A processor or exporter that was just made. */
export interface ConsumerSubject extends Subject<Component & Consumer> {
  /** What it has passed on; not given by a component that ends the way of the data. */
  received?(): readonly Payload[];
  /** Lets the next attempt to pass something on fail with `error`, and only that one. */
  refuseNext?(error: Error): void;
}

/** A receiver that was just made. */
export interface ReceiverSubject extends Subject {
  /** Sends the bytes of an export request as a client does; resolves to whether it was taken. */
  send(signal: Signal, request: Uint8Array): Promise<boolean>;
}

/** The consumers behind a receiver under test. */
export type ReceiverConsumers = Readonly<Record<Signal, RecordingConsumer>>;

type Made<T> = T | Promise<T>;

/** How the suite makes and treats a component, by its kind. */
export type Suite =
  | { readonly kind: 'extension'; make(): Made<Subject> }
  | {
    readonly kind: 'processor' | 'exporter';
    /** Signals that it takes; all of them when not given. */
    readonly signals?: readonly Signal[];
    make(signal: Signal): Made<ConsumerSubject>;
  }
  | {
    readonly kind: 'receiver';
    readonly signals?: readonly Signal[];
    make(consumers: ReceiverConsumers): Made<ReceiverSubject>;
  };

/** Declares the tests that the component `name` shares with all others of its kind. */
export function componentSuite(name: string, suite: Suite): void {
  describe(`${name} keeps the promises of every ${suite.kind}`, () => {
    if (suite.kind === 'extension') {
      lifecycle(() => suite.make());
    } else if (suite.kind === 'receiver') {
      const signals = suite.signals ?? SIGNALS;
      lifecycle(() => suite.make(recordingConsumers()));
      for (const signal of signals) receiving(signal, (consumers) => suite.make(consumers));
    } else {
      const signals = suite.signals ?? SIGNALS;
      lifecycle(() => suite.make(signals[0]));
      for (const signal of signals) consuming(signal, () => suite.make(signal));
    }
  });
}

function lifecycle(make: () => Made<Subject>): void {
  it('may be stopped before it is started', async () => {
    await using(make, false, ({ component, clock }) => answer(() => component.stop(), clock));
  });

  it('may be stopped twice, and leaves no timer behind', async () => {
    await using(make, true, async ({ component, clock }) => {
      const both = Promise.all([component.stop(), component.stop()]);
      await answer(() => both, clock);
      await answer(() => component.stop(), clock);
      expect(clock?.waiting ?? 0).toBe(0);
    });
  });
}

function consuming(signal: Signal, make: () => Made<ConsumerSubject>): void {
  const passesOn = (
    name: string, test: (subject: Required<ConsumerSubject>) => Promise<void>,
  ): void => {
    it(name, () => using(make, true, async (subject) => {
      if (subject.received === undefined) return;
      await test(subject as Required<ConsumerSubject>);
    }));
  };

  passesOn(`has passed on all ${signal} that it took, unknown fields too, when it stops`,
    async ({ component, clock, received }) => {
      const given = ['a', 'b', 'c'].map((seed, at) => samplePayload(signal, at + 1, seed));
      for (const payload of given) await answer(() => component.consume(payload), clock);
      await answer(() => component.stop(), clock);
      expect(itemsIn(signal, bytesOf(received()))).toEqual(itemsIn(signal, bytesOf(given)));
      expect(received().reduce((sum, { items }) => sum + items, 0)).toBe(6);
    });

  passesOn(`loses no ${signal} when the next one fails once`,
    async ({ component, clock, received, refuseNext }) => {
      if (refuseNext === undefined) return;
      const given = [samplePayload(signal, 2, 'a'), samplePayload(signal, 3, 'b')];
      refuseNext(new RetryableError('try again'));
      for (const payload of given) await offer(component, payload, clock);
      await answer(() => component.stop(), clock);
      expect(itemsIn(signal, bytesOf(received()))).toEqual(itemsIn(signal, bytesOf(given)));
    });

  it.each(HOSTILE_BYTES)(`answers ${signal} that are %s with a typed error, if any`,
    (_name, hostile) => using(make, true, async ({ component, clock }) => {
      const payload = createPayload(signal, [hostile], 1);
      const thrown = await failureOf(() => component.consume(payload), clock);
      const isTyped = thrown instanceof RetryableError || thrown instanceof PermanentError;
      expect(isTyped ? undefined : thrown).toBeUndefined();
    }));
}

function receiving(
  signal: Signal, make: (consumers: ReceiverConsumers) => Made<ReceiverSubject>,
): void {
  const withReceiver = (
    test: (subject: ReceiverSubject, consumer: RecordingConsumer) => Promise<void>,
  ): Promise<void> => {
    const consumers = recordingConsumers();
    return using(() => make(consumers), true, (subject) => test(subject, consumers[signal]));
  };
  const request = bytesOf([samplePayload(signal, 3)]);

  it(`says that ${signal} were taken when the consumer has them, unknown fields too`, () => (
    withReceiver(async ({ send }, consumer) => {
      expect(await send(signal, request)).toBe(true);
      expect(itemsIn(signal, consumer.bytes)).toEqual(itemsIn(signal, request));
      expect(consumer.items).toBe(3);
    })));

  it.each([
    ['later', new RetryableError('full')],
    ['never', new PermanentError('bad')],
  ])(`refuses ${signal} that the consumer takes %s, and goes on`, (_name, error) => (
    withReceiver(async ({ send }, consumer) => {
      consumer.refuse(() => error, 1);
      expect(await send(signal, request)).toBe(false);
      expect(await send(signal, request)).toBe(true);
      expect(consumer.items).toBe(3);
    })));

  it(`takes ${signal} while the consumers of other signals fail`, async () => {
    const consumers = recordingConsumers();
    for (const other of SIGNALS) if (other !== signal) consumers[other].refuse(failing);
    await using(() => make(consumers), true, async ({ send }) => {
      expect(await send(signal, request)).toBe(true);
    });
  });

  it(`has passed on ${signal} that are under way when it stops, and takes no more`, () => (
    withReceiver(async ({ component, send }, consumer) => {
      const release = consumer.hold();
      const sending = send(signal, request);
      while (consumer.calls === 0) await settle();
      const stopping = component.stop();
      release();
      expect(await sending).toBe(true);
      await stopping;
      expect(consumer.items).toBe(3);
      expect(await send(signal, request).catch(() => false)).toBe(false);
    })));

  it(`answers every kind of hostile ${signal}, and goes on`, () => (
    withReceiver(async ({ send }, consumer) => {
      for (const [, hostile] of HOSTILE_BYTES) await send(signal, hostile).catch(() => false);
      consumer.payloads.length = 0;
      expect(await send(signal, request)).toBe(true);
      expect(consumer.items).toBe(3);
    })));
}

function failing(): Error {
  return new RetryableError('full');
}

function recordingConsumers(): ReceiverConsumers {
  return {
    traces: new RecordingConsumer(),
    metrics: new RecordingConsumer(),
    logs: new RecordingConsumer(),
  };
}

async function using<S extends Subject>(
  make: () => Made<S>, started: boolean, test: (subject: S) => Promise<unknown>,
): Promise<void> {
  const subject = await make();
  const { component, clock } = subject;
  try {
    if (started) await component.start();
    await test(subject);
  } finally {
    await answer(() => component.stop(), clock);
    await subject.dispose?.();
  }
}

/** The result of `work`, while time goes on for those who wait for it. */
async function answer<T>(work: () => T | Promise<T>, clock?: FakeClock): Promise<T> {
  const result = (async () => work())();
  if (clock === undefined) return result;
  let open = true;
  const close = (): void => { open = false; };
  result.then(close, close);
  await settle();
  // An hour is longer than any time-out; what has not ended by then never will.
  for (let second = 0; open && second < 3600; second++) await clock.advance(1000);
  return result;
}

async function failureOf(work: () => unknown, clock?: FakeClock): Promise<unknown> {
  try {
    await answer(work, clock);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Gives `payload` as a patient sender does: again, after a second, while it is refused for now. */
async function offer(component: Consumer, payload: Payload, clock?: FakeClock): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const thrown = await failureOf(() => component.consume(payload), clock);
    if (thrown === undefined) return;
    if (!(thrown instanceof RetryableError) || attempt === 10) throw thrown;
    await clock?.advance(1000);
  }
}
