import { ErrorCode } from './frames';
import { ReceiveBudget, ReceiveWindow } from './receive-window';
import { Http2Stream } from './stream';

const KIB = 1024;
const MIB = KIB * KIB;
const FIRST = 65_535;

class Silent extends Http2Stream {
  public onHeaders(): void { /* Nothing to tell. */ }
  public onData(): void { /* Nothing to tell. */ }
  public onEnd(): void { /* Nothing to tell. */ }
  public onReset(): void { /* Nothing to tell. */ }
  public onShed(): void { /* Nothing to tell. */ }
}

function setUp(budget = new ReceiveBudget(8 * MIB, 4 * MIB)) {
  const credits: number[] = [];
  const window = new ReceiveWindow(budget, MIB, (bytes) => credits.push(bytes));
  return { budget, credits, window };
}

test('a window opens to its size at once, and again when a quarter of it was used', () => {
  const { credits, window } = setUp();
  expect(window.replenish()).toBe(true);
  expect(credits).toEqual([MIB - FIRST]);
  window.take(MIB / 4 - 1);
  window.replenish();
  expect(credits).toHaveLength(1);
  window.take(1);
  window.replenish();
  expect(credits.slice(1)).toEqual([MIB / 4]);
});

test('more than the window is a mistake of the connection', () => {
  const { window } = setUp();
  window.take(FIRST);
  expect(() => window.take(1)).toThrow(
    expect.objectContaining({ code: ErrorCode.flowControlError }));
});

test('what is held is not credited before it is released', () => {
  const { budget, credits, window } = setUp();
  window.replenish();
  const stream = new Silent(1);
  window.take(512 * KIB);
  window.hold(stream, 512 * KIB);
  window.replenish();
  expect([credits.length, budget.held]).toEqual([1, 512 * KIB]);
  window.release(stream);
  window.replenish();
  expect([credits[1], budget.held, stream.held]).toEqual([512 * KIB, 0, 0]);
});

test('a peer goes on beyond its window as long as there is memory, then comes to a stand', () => {
  const { budget, window } = setUp();
  const stream = new Silent(1);
  let steps = 0;
  let sent = 0;
  while (window.replenish() && steps++ < 1000) {
    window.take(64 * KIB - 1);
    window.hold(stream, 64 * KIB - 1);
    sent += 64 * KIB - 1;
  }
  expect(sent).toBeGreaterThan(3.5 * MIB);
  expect(sent).toBeLessThanOrEqual(4 * MIB);
  expect(window.isOver).toBe(false);
  window.release(stream);
  expect([window.replenish(), budget.held]).toEqual([true, 0]);
});

test('what others hold counts, too', () => {
  const budget = new ReceiveBudget(MIB, 4 * MIB);
  const one = setUp(budget);
  const other = setUp(budget);
  const [first, second] = [new Silent(1), new Silent(1)];
  one.window.replenish();
  other.window.replenish();
  one.window.hold(first, 900 * KIB);
  expect(other.window.isOver).toBe(false);
  other.window.hold(second, 200 * KIB);
  expect(other.window.isOver).toBe(true);
  one.window.release(first);
  expect(other.window.isOver).toBe(false);
});
