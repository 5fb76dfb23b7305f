import { seededRandom } from './random';
import { planTrace, SERVICES, traceDurationMs } from './trace-plan';

describe('planned traces', () => {
  const plan = (seed: number, count: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: count }, () => planTrace(random));
  };
  const traces = plan(1, 2000);

  test('are the same for the same seed, and others for another one', () => {
    expect(plan(1, 20)).toEqual(traces.slice(0, 20));
    expect(plan(2, 1)).not.toEqual(traces.slice(0, 1));
  });

  test('have 3 to 15 spans over 3 to 5 services, and parents before their children', () => {
    const sizes = traces.map(({ spans }) => spans.length);
    const services = traces.map(({ spans }) => new Set(spans.map(({ service }) => service)).size);
    expect([Math.min(...sizes), Math.max(...sizes)]).toEqual([3, 15]);
    expect([Math.min(...services), Math.max(...services)]).toEqual([3, SERVICES.length]);
    expect(traces.every(({ spans }) => spans.every(({ parent }, place) =>
      place === 0 ? parent === -1 : parent >= 0 && parent < place))).toBe(true);
  });

  test('have ids of their own', () => {
    expect(new Set(traces.map(({ traceId }) => traceId)).size).toBe(traces.length);
    const spanIds = traces.flatMap(({ spans }) => spans.map(({ spanId }) => spanId));
    expect(new Set(spanIds).size).toBe(spanIds.length);
  });

  test('fail in one of ten cases, and are slow in one of ten', () => {
    const failed = traces.filter(({ spans }) => spans.some(({ isError }) => isError)).length;
    const slow = traces.filter((trace) => traceDurationMs(trace) > 500).length;
    expect(failed / traces.length).toBeCloseTo(0.1, 1);
    expect(slow / traces.length).toBeCloseTo(0.1, 1);
  });

  test('hold every span within the time of its parent', () => {
    expect(traces.every(({ spans }) => spans.every(({ parent, startMs, durationMs }) => {
      if (parent < 0) return true;
      const around = spans[parent];
      return startMs >= around.startMs
        && startMs + durationMs <= around.startMs + Math.max(around.durationMs, 1);
    }))).toBe(true);
  });
});
