import { memoryLimits } from './memory-limit';
import { createMemoryLimiterProcessor } from './memory-limiter';
import type { MemoryLimiterSettings } from '../../config';
import { RetryableError } from '../../errors';
import type { Signal } from '../../pipeline/payload';
import { processMemory } from '../../telemetry/process-memory';
import { readTotalMemory } from '../../telemetry/total-memory';
import { processorContext, TestContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { samplePayload } from '../../testing/sample-payload';

const MIB = 1_048_576;
const SETTINGS: MemoryLimiterSettings = {
  checkInterval: 1000,
  limitMib: 100,
  spikeLimitMib: 20,
  limitPercentage: 0,
  spikeLimitPercentage: 0,
  minGcIntervalWhenSoftLimited: 10_000,
  minGcIntervalWhenHardLimited: 0,
  maxGcIntervalWhenSoftLimited: 30_000,
  maxGcIntervalWhenHardLimited: 30_000,
};

/** Memory that a test fills by hand, in MiB. */
class TestMemory {
  public live = 0;
  public garbage = 0;
  public collections = 0;

  public used(): number {
    return (this.live + this.garbage) * MIB;
  }

  public collect(): void {
    this.collections++;
    this.garbage = 0;
  }
}

function limiterOf(
  settings: Partial<MemoryLimiterSettings> = {}, signal: Signal = 'traces', given?: TestContext,
) {
  const memory = new TestMemory();
  const context = processorContext('memory_limiter', signal, undefined, given);
  const own = { ...SETTINGS, ...settings };
  const processor = createMemoryLimiterProcessor(own, context, { memory });
  return { processor, memory, context, own };
}

const payload = samplePayload('traces', 3);

componentSuite('memory_limiter', {
  kind: 'processor',
  make: (signal) => {
    const { processor, context } = limiterOf({}, signal);
    return {
      component: processor,
      clock: context.clock,
      received: () => context.next.payloads,
      refuseNext: (error) => context.next.refuse(() => error, 1),
    };
  },
});

describe('memory_limiter', () => {
  it('passes data on as it is while there is memory', async () => {
    const { processor, context } = limiterOf();
    await processor.start();
    await processor.consume(payload);
    expect(context.next.payloads).toEqual([payload]);
    await processor.stop();
  });

  it.each([
    ['below the soft limit', 79, false],
    ['at the soft limit', 80, true],
    ['at the hard limit', 100, true],
  ])('decides at the next check: %s', async (_name, live, refuses) => {
    const { processor, memory, context } = limiterOf();
    await processor.start();
    memory.live = live;
    await context.clock.advance(999);
    await processor.consume(payload);
    await context.clock.advance(1);
    const given = async (): Promise<void> => processor.consume(payload);
    const expected = new RetryableError('data refused due to high memory usage');
    await expect(given().catch((error: unknown) => error)).resolves
      .toEqual(refuses ? expected : undefined);
    await processor.stop();
  });

  it('counts what it takes and what it refuses', async () => {
    const { processor, memory, context } = limiterOf();
    await processor.start();
    await processor.consume(payload);
    memory.live = 90;
    await context.clock.advance(1000);
    expect(() => processor.consume(payload)).toThrow(RetryableError);
    const value = (name: string) => context.metrics.value(`otelcol_processor_${name}`);
    expect({
      accepted: value('memory_limiter_accepted_spans'),
      refused: value('memory_limiter_refused_spans'),
      incoming: value('incoming_items'),
      outgoing: value('outgoing_items'),
    }).toEqual({ accepted: 3, refused: 3, incoming: 6, outgoing: 3 });
    await processor.stop();
  });

  it('takes data again when a check finds less memory in use, and says both', async () => {
    const { processor, memory, context } = limiterOf();
    await processor.start();
    memory.live = 90;
    await context.clock.advance(1000);
    memory.live = 10;
    await context.clock.advance(1000);
    await processor.consume(payload);
    expect(context.log.lines.filter(({ level }) => level !== 'debug').slice(-2)).toEqual([
      {
        level: 'warn',
        message: 'Memory usage is above soft limit. Refusing data.',
        fields: { cur_mem_mib: 90 },
      },
      {
        level: 'info',
        message: 'Memory usage back within limits. Resuming normal operation.',
        fields: { cur_mem_mib: 10 },
      },
    ]);
    await processor.stop();
  });

  it('collects garbage before it refuses', async () => {
    const { processor, memory, context } = limiterOf();
    await processor.start();
    memory.live = 10;
    memory.garbage = 80;
    await context.clock.advance(1000);
    await processor.consume(payload);
    expect(memory.collections).toBe(1);
    await processor.stop();
  });

  it.each([
    // At 1 s, 21 s and then every 30 s.
    ['soft', 90, 52, {}, 3],
    // At 1, 3, 7, 15 and 31 s, then every 30 s.
    ['hard', 110, 62, {}, 6],
    // Zero is no back-off.
    ['soft', 90, 25, { maxGcIntervalWhenSoftLimited: 0 }, 3],
    ['hard', 110, 25, { maxGcIntervalWhenHardLimited: 0 }, 25],
    ['hard', 110, 25, {
      minGcIntervalWhenHardLimited: 5_000, maxGcIntervalWhenHardLimited: 5_000,
    }, 5],
  ])('collects ever more seldom above the %s limit when nothing is garbage',
    async (_name, live, seconds, settings, collections) => {
      const { processor, memory, context } = limiterOf(settings);
      await processor.start();
      memory.live = live;
      await context.clock.advance(seconds * 1000);
      expect(memory.collections).toBe(collections);
      await processor.stop();
    });

  it('collects at once again when memory has gone down by itself', async () => {
    const { processor, memory, context } = limiterOf();
    await processor.start();
    memory.live = 130;
    await context.clock.advance(8_000);
    expect(memory.collections).toBe(3);
    memory.live = 110;
    await context.clock.advance(1_000);
    expect(memory.collections).toBe(4);
    await processor.stop();
  });

  it('is one limiter for all pipelines of one configuration', async () => {
    const first = limiterOf();
    const second = processorContext('memory_limiter', 'logs', undefined, first.context);
    const other = createMemoryLimiterProcessor(first.own, second);
    await first.processor.start();
    await other.start();
    first.memory.live = 90;
    await first.processor.stop();
    await first.context.clock.advance(1000);
    expect(() => other.consume(samplePayload('logs', 1))).toThrow(RetryableError);
    await other.stop();
    expect(first.context.clock.waiting).toBe(0);
  });
});

describe('memoryLimits', () => {
  it.each([
    ['MiB', { limitMib: 100, spikeLimitMib: 30 }, 100, 70],
    ['a fifth for spikes by default', { limitMib: 100, spikeLimitMib: 0 }, 100, 80],
    ['shares of all memory', { limitMib: 0, limitPercentage: 80, spikeLimitPercentage: 25 },
      800, 550],
    ['a fifth of a share', { limitMib: 0, limitPercentage: 50 }, 500, 400],
    ['MiB rather than shares', { limitMib: 10, spikeLimitMib: 5, limitPercentage: 50 }, 10, 5],
  ])('knows %s', (_name, settings, hard, soft) => {
    expect(memoryLimits({ ...SETTINGS, ...settings }, () => 1000 * MIB))
      .toEqual({ hard: hard * MIB, soft: soft * MIB });
  });
});

describe('readTotalMemory', () => {
  const V2 = '0::/\n';
  const V2_DEEP = '0::/kubepods/pod1/c1\n';
  const V1 = '12:cpu,cpuacct:/docker/1\n5:memory:/docker/1\n0::/\n';
  it.each([
    ['cgroup v2', { '/proc/self/cgroup': V2, '/sys/fs/cgroup/memory.max': '536870912\n' },
      536870912],
    ['cgroup v2 without a limit', { '/proc/self/cgroup': V2, '/sys/fs/cgroup/memory.max': 'max\n' },
      8e9],
    ['the smallest limit on the way up', {
      '/proc/self/cgroup': V2_DEEP,
      '/sys/fs/cgroup/kubepods/memory.max': '4000\n',
      '/sys/fs/cgroup/kubepods/pod1/memory.max': '2000\n',
      '/sys/fs/cgroup/kubepods/pod1/c1/memory.max': '3000\n',
    }, 2000],
    ['cgroup v1', {
      '/proc/self/cgroup': V1, '/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes': '1000\n',
    }, 1000],
    ['cgroup v1, seen from inside', {
      '/proc/self/cgroup': V1, '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1000\n',
    }, 1000],
    ['cgroup v1 without a limit', {
      '/proc/self/cgroup': V1,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    }, 8e9],
    ['a limit above what the machine has', {
      '/proc/self/cgroup': V2, '/sys/fs/cgroup/memory.max': '99000000000\n',
    }, 8e9],
    ['no cgroups at all', {}, 8e9],
  ] as [string, Record<string, string>, number][])('reads %s', (_name, files, expected) => {
    expect(readTotalMemory((path) => files[path], () => 8e9)).toBe(expected);
  });
});

/** As far as it is used here; the types of Node.js do not tell of it. */
declare const WebAssembly: { readonly Memory: new (pages: { initial: number }) => object };

/** Memory in use while something is held. A function of its own, as a frame holds its variables. */
function memoryWhile(hold: () => object): number {
  const held = [hold()];
  return processMemory.used() + held.splice(0).length - 1;
}

describe('processMemory', () => {
  it.each([
    ['buffers', () => Buffer.alloc(50 * MIB, 1)],
    ['slabs', () => Buffer.allocUnsafeSlow(50 * MIB)],
    ['memory of WebAssembly', () => new WebAssembly.Memory({ initial: 50 * MIB / 65_536 })],
  ])('sees %s come, and collects them when nobody holds them', (_name, hold) => {
    const before = processMemory.used();
    const grown = memoryWhile(hold) - before;
    processMemory.collect();
    expect(grown).toBeGreaterThan(49 * MIB);
    expect(grown).toBeLessThan(70 * MIB);
    expect(processMemory.used() - before).toBeLessThan(20 * MIB);
  });
});
