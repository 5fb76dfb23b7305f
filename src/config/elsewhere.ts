/**
 * How what only upstream has is checked like anything else, and told besides: as a mistake when it
 * means something here, too, and as a warning when it does not.
 *
 * Where a value holds some of that, it is read twice: once as upstream reads it, so that rules
 * between keys are asked nevertheless, and once more to tell where it stands.
 */

/** Reading never waits, so one place is enough for what schemas cannot hand on. */
const pass = { isTold: false, met: 0 };

/** Notes that something was met which only upstream has, or nobody obeys; whether to tell it. */
export function meetElsewhere(): boolean {
  pass.met++;
  return pass.isTold;
}

/** What came of reading as upstream does, and of telling what only upstream has. */
export interface BothReadings<Result> {
  /** What came of reading as upstream does. */
  readonly asUpstream: Result;
  /** What came of it with issues about what only upstream has; absent where nothing is. */
  readonly asRuntime?: Result;
}

/** Reads, and reads again to tell what only upstream has, if some of that was met. */
export function readTwice<Result>(read: () => Result): BothReadings<Result> {
  const before = { ...pass };
  try {
    Object.assign(pass, { isTold: false, met: 0 });
    const asUpstream = read();
    if (pass.met === 0) return { asUpstream };
    pass.isTold = true;
    return { asUpstream, asRuntime: read() };
  } finally {
    Object.assign(pass, before);
  }
}
