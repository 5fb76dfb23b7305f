/** Plans traces: which services call which, how long it takes, and what goes wrong. */
import { randomHex } from './random';

/** One span before it happens. */
export interface PlannedSpan {
  /** 8 bytes in hexadecimal. */
  readonly spanId: string;
  /** Place of the parent in the trace; -1 for the root. */
  readonly parent: number;
  /** Place of the service in `SERVICES`. */
  readonly service: number;
  /** What it does. */
  readonly name: string;
  /** When it starts, in milliseconds after the trace. */
  readonly startMs: number;
  /** How long it takes, in milliseconds. */
  readonly durationMs: number;
  /** Whether it fails. */
  readonly isError: boolean;
  /** What it says about itself. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** One trace before it happens. */
export interface PlannedTrace {
  /** 16 bytes in hexadecimal. */
  readonly traceId: string;
  /** Its spans; the first one is the root, and parents stand before their children. */
  readonly spans: readonly PlannedSpan[];
}

/** The services of the simulated application. */
export const SERVICES = ['storefront', 'cart', 'checkout', 'payment', 'inventory'] as const;

/** One trace in ten fails, and one in ten is slow; the two are drawn apart from each other. */
const ERROR_FRACTION = 0.1;
const SLOW_FRACTION = 0.1;
const FEWEST_SPANS = 3;
const MOST_SPANS = 15;
const FEWEST_SERVICES = 3;

const OPERATIONS: readonly (readonly string[])[] = [
  ['GET /', 'GET /product/{id}', 'POST /order'],
  ['add item', 'read cart'],
  ['place order', 'price order'],
  ['charge card', 'check limits'],
  ['reserve stock', 'read stock'],
];

/** The next trace that `random` gives. */
export function planTrace(random: () => number): PlannedTrace {
  const between = (first: number, last: number): number =>
    first + Math.floor(random() * (last - first + 1));
  const traceId = randomHex(random, 16);
  const isSlow = random() < SLOW_FRACTION;
  const isError = random() < ERROR_FRACTION;
  const services = pickServices(random, between(FEWEST_SERVICES, SERVICES.length));
  const count = between(Math.max(FEWEST_SPANS, services.length), MOST_SPANS);
  const failing = isError ? between(0, count - 1) : -1;
  const spans: PlannedSpan[] = [];
  for (let place = 0; place < count; place++) {
    // Every service has at least one span; further ones are spread over all of them.
    const service = services[place < services.length ? place : between(0, services.length - 1)];
    const parent = place === 0 ? -1 : between(0, place - 1);
    const room = parent < 0 ? undefined : spans[parent];
    const startMs = room === undefined ? 0
      : room.startMs + between(0, Math.floor(room.durationMs / 3));
    const durationMs = room === undefined
      ? isSlow ? between(700, 1400) : between(20, 250)
      : between(1, Math.max(1, room.startMs + room.durationMs - startMs));
    const operations = OPERATIONS[service];
    spans.push({
      spanId: randomHex(random, 8),
      parent,
      service,
      startMs,
      durationMs,
      name: operations[between(0, operations.length - 1)],
      isError: place === failing,
      attributes: {
        'http.response.status_code': place === failing ? 500 : 200,
        'app.customer.tier': random() < 0.2 ? 'gold' : 'basic',
        'app.retry': random() < 0.05,
        'app.trace.spans': count,
      },
    });
  }
  return { traceId, spans };
}

function pickServices(random: () => number, count: number): number[] {
  const others = SERVICES.map((_, place) => place).slice(1);
  const picked = [0];
  while (picked.length < count) {
    picked.push(...others.splice(Math.floor(random() * others.length), 1));
  }
  return picked;
}

/** Whole milliseconds from the first start to the last end of `trace`. */
export function traceDurationMs(trace: PlannedTrace): number {
  const starts = trace.spans.map(({ startMs }) => startMs);
  const ends = trace.spans.map(({ startMs, durationMs }) => startMs + durationMs);
  return Math.max(...ends) - Math.min(...starts);
}
