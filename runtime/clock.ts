/**
 * The only place that asks the machine for the time.
 *
 * Components get a clock from their context, so that tests can hold time still and move it by hand.
 */

/** Something arranged for later that can be called off; doing so twice is harmless. */
export interface Timer {
  /** Calls it off. */
  cancel(): void;
}

/** Time as components see it. */
export interface Clock {
  /** Wall-clock time, in milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back; use it for every difference. */
  monotonic(): number;
  /** Runs `task` once, `ms` milliseconds from now. Does not keep the process alive. */
  after(ms: number, task: () => void): Timer;
  /** Runs `task` every `ms` milliseconds, first after one such time. Does not keep it alive. */
  every(ms: number, task: () => void): Timer;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, task) => {
    const handle = setTimeout(task, ms);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  every: (ms, task) => {
    const handle = setInterval(task, ms);
    handle.unref();
    return { cancel: () => clearInterval(handle) };
  },
};

/** Resolves `ms` milliseconds from now by `clock`. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/**
 * Keeps the process alive until cancelled. Timers of a clock do not, so whoever waits for one while
 * no socket is open would otherwise see the process end under its feet.
 */
export function keepAlive(): Timer {
  const handle = setInterval(() => undefined, 2 ** 30);
  return { cancel: () => clearInterval(handle) };
}
