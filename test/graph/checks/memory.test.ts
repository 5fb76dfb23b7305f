import { Duration, Size, type Chart } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import {
  Backend, CollectorImage, GatewayDeployment, SendingQueue, TailSamplingGateway,
} from '../../../src';
import { memory, memoryParts } from '../../../src/graph/checks/memory';
import { memorySum } from '../../../src/graph/memory-budget';
import { complaints } from '../../synthesized';

function gateway(props: object) {
  return complaints((chart: Chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

const BYTES = 'sizer: bytes, queue_size: 500000000';

function queue(settings: string) {
  return raw(`exporters: {otlp_grpc/store: {sending_queue: {${settings}}}}`);
}

test.each([
  ['too little to start with', { memory: Size.mebibytes(64) },
    '[telemetry/gateway] memory: must be at least 128 MiB for a collector to hold anything, got'
    + ' 64 MiB. → leave `memory` out, or give it Size.mebibytes(128) or more.'],
  ['a limiter that acts too late',
    raw('processors: {memory_limiter: {limit_mib: 600, spike_limit_mib: 100}}'),
    '[telemetry/gateway] processors.memory_limiter.limit_mib: must be less than the 512 MiB at'
    + ' which the pod is killed, got 600. → raise `memory`: the limit then follows.'],
  ['a queue of more bytes than there are', queue(BYTES),
    '[telemetry/gateway] memory: must hold full queues, 477 MiB queue of otlp_grpc/store = 477 MiB,'
    + ' got a memory limiter that acts at 403 of 512 MiB. → make the queues smaller, or give'
    + ' `memory` Size.mebibytes(896).'],
  ['a queue of more items than there is room for',
    queue('sizer: items, queue_size: 50000000'),
    expect.stringContaining('4769 MiB queue of otlp_grpc/store')],
])('%s is told', (_, props, sentence) => {
  expect(gateway(props)).toEqual([sentence]);
});

test.each([
  ['the queue fits', { ...queue(BYTES), memory: Size.mebibytes(896) }],
  ['requests are counted, however many', queue('queue_size: 1000000')],
  ['the queue is off', queue('enabled: false, queue_size: 1000000')],
  ['the queue is on a disk', {
    image: CollectorImage.contrib('0.159.0'),
    pod: {
      volumes: [{ name: 'disk', emptyDir: {} }],
      volumeMounts: [{ name: 'disk', mountPath: '/disk' }],
    },
    ...raw(`exporters: {otlp_grpc/store: {sending_queue: {${BYTES}, storage: file_storage}}}\n`
      + 'extensions: {file_storage: {directory: /disk}}\n'
      + 'service: {extensions: [health_check, file_storage]}'),
  }],
])('nothing is said where %s', (_, props) => {
  expect(gateway(props)).toEqual([]);
});

function tier(tracePeers: boolean) {
  return tiersOf((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, tracePeers });
  })[0];
}

const sampler = tier(false);
const peer = tier(true);

test('traces that are held need room', () => {
  const busy = { ...sampler, tracesPerSecond: 50_000 };
  expect(memory(busy, [busy])).toEqual([
    'memory: 50000 traces per second over 2 pods, held for 30 s, need about 4491 MiB in each'
    + ' (96 MiB process + 4395 MiB held traces = 4491 MiB), and the memory limiter leaves 656 of'
    + ' 1024 MiB.\n→ give `memory` Size.mebibytes(7040), more pods, or a shorter `decisionWait`.',
  ]);
  expect(memory({ ...busy, tracesPerSecond: 5000 }, [busy])).toEqual([]);
});

test('what waits for other pods of a pool needs room beside them', () => {
  expect(memory({ ...sampler, tracesPerSecond: 6300 }, [])).toEqual([]);
  expect(memory({ ...peer, tracesPerSecond: 6300 }, [])).toEqual([
    expect.stringContaining('96 MiB process + 554 MiB held traces + 128 MiB queue of trace_peers'),
  ]);
});

function fullSampler(items: number, props: object = {}) {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo: [Backend.otlp('store', {
        endpoint: 'store:4317', queue: SendingQueue.inMemory({ items }),
      })],
      policies,
      tracePeers: false,
      memory: Size.gibibytes(1),
      expectedTracesPerSecond: 6000,
      decisionWait: Duration.seconds(20),
      ...props,
    });
  });
}

const FULL = '[telemetry/sampler] memory: must hold all that a pod may hold at a time, 96 MiB'
  + ' process + 352 MiB held traces + 763 MiB queue of otlp_grpc/store = 1211 MiB, got';

test('parts that fit one by one have to fit together', () => {
  expect(fullSampler(8_000_000)).toEqual([
    `${FULL} a memory limiter that acts at 819 of 1024 MiB. → give \`memory\``
    + ' Size.mebibytes(1920), or let the pod hold less: more pods, a shorter `decisionWait`,'
    + ' smaller queues.',
  ]);
  expect(fullSampler(3_000_000)).toEqual([]);
  expect(fullSampler(8_000_000, { expectedTracesPerSecond: 10 })).toHaveLength(1);
  expect(fullSampler(8_000_000, { memory: Size.mebibytes(1920) })).toEqual([]);
});

test('a queue to other pods is such a part, twice as large as it is told to be for senders', () => {
  const pool = { tracePeers: true };
  const told = (mib: number) => raw(`extensions: {trace_peers: {max_queued_mib: ${mib}}}`);
  expect(fullSampler(2_500_000, pool)).toEqual([]);
  expect(fullSampler(2_500_000, { ...pool, ...told(100) })).toEqual([
    expect.stringContaining('96 MiB process + 352 MiB held traces + 200 MiB queue of trace_peers'
      + ' + 239 MiB queue of otlp_grpc/store'),
  ]);
  expect(fullSampler(2_500_000, {
    ...pool,
    pod: { env: { POOL: 'trace_peers' } },
    ...raw('{extensions: {trace_peers: {max_queued_mib: 100}},'
      + ' processors: {tail_sampling: {peers: "${env:POOL}"}}}'),
  })).toEqual([]);
});

test('without a limiter all must fit the pod', () => {
  expect(fullSampler(8_000_000, raw('processors: {memory_limiter: null}'))).toEqual([
    expect.stringContaining(`${FULL} 1024 MiB at which the pod is killed. → give \`memory\``),
  ]);
});

test('a table that kills its pod before it is full is told', () => {
  const [large] = tiersOf((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, tracePeers: false, numTraces: 10_000_000,
    });
  });
  expect(memory({ ...large, tracesPerSecond: 10 }, [large])).toEqual([
    'processors.tail_sampling.num_traces: must be so many traces as the pod can hold, got 10000000,'
    + ' which are 2442 MiB or more in 1024 MiB.\n→ leave `numTraces` out.',
  ]);
  expect(memory(large, [large])).toEqual([]);
});

test('a bound of what is held that cannot be reached is told', () => {
  const held = (mib: number, props: object = {}) => complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, maxHeldMemory: Size.mebibytes(mib), ...props,
    });
  });
  const told = (room: string) => [
    `[telemetry/sampler] processors.tail_sampling.max_bytes: must be less than the ${room}, or no`
    + ' trace is ever decided early, got 820 MiB. → leave `maxHeldMemory` out, or raise `memory`.',
  ];
  expect(held(820)).toEqual(told('819 MiB from which the memory limiter takes nothing more'));
  expect(held(819)).toEqual([]);
  const unlimited = raw('processors: {memory_limiter: null}');
  expect(held(820, { memory: Size.mebibytes(800), ...unlimited }))
    .toEqual(told('800 MiB at which the pod is killed'));
  expect(held(820, unlimited)).toEqual([]);
});

test.each([
  ['', sampler, '', 684], ['in a pool ', peer, ' + 128 MiB queue of trace_peers', 812],
])('all that is held %scan be printed', (_, busy, peers, total) => {
  expect(memorySum(memoryParts({ ...busy, tracesPerSecond: 1000 }))).toBe(
    `96 MiB process + 88 MiB held traces${peers} + 500 MiB queue of otlp_grpc/store`
    + ` = ${total} MiB`);
});
