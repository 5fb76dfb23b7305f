import { Duration, Size } from 'cdk8s';
import { complaints, synthesized } from './synthesized';
import {
  Backend, CollectorImage, GatewayDeployment, GatewayStatefulSet, Resolver, SamplingPolicy,
  SendingQueue, Signal, TailSamplingGateway, type GatewayStatefulSetProps,
} from '../src';

const size = Size.gibibytes(1);
const onDisk = SendingQueue.persistent({ size });
const usual = { flush_timeout: '200ms', min_size: 1024, max_size: 2048, sizer: 'items' };
const kept = Backend.otlp('kept', { endpoint: 'kept:4317', queue: onDisk });

/** The configuration of a gateway with volumes. */
function configOf(props: GatewayStatefulSetProps): any {
  return synthesized((chart) => new GatewayStatefulSet(chart, 'tier', props)).configOf('tier');
}

function batchOf(id: string, props: GatewayStatefulSetProps): unknown {
  return configOf(props).exporters[id].sending_queue.batch;
}

/** The processors of each pipeline. */
function chains(config: any): Record<string, string[]> {
  return Object.fromEntries(Object.entries<any>(config.service.pipelines)
    .map(([signal, { processors }]) => [signal, processors]));
}

const INSIDE = {
  traces: ['memory_limiter'], metrics: ['memory_limiter'], logs: ['memory_limiter'],
};
const OUTSIDE = {
  traces: ['memory_limiter', 'batch'],
  metrics: ['memory_limiter', 'batch'],
  logs: ['memory_limiter', 'batch'],
};

test('nothing is gathered before it is on disk: the queue gathers what it holds', () => {
  const config = configOf({ exportTo: [kept] });
  expect(config.exporters['otlp_grpc/kept'].sending_queue.batch).toEqual(usual);
  expect(config.processors.batch).toBeUndefined();
  expect(chains(config)).toEqual(INSIDE);
});

test('a queue in memory stands behind the processor, as ever', () => {
  const queue = SendingQueue.inMemory();
  const config = configOf({ exportTo: [Backend.otlp('b', { endpoint: 'b:4317', queue })] });
  expect(config.exporters['otlp_grpc/b'].sending_queue).toEqual({ enabled: true });
  expect(chains(config)).toEqual(OUTSIDE);
});

test('queues on the disk of the pod gather as well, and so do those before a router', () => {
  const config = synthesized((chart) => {
    const sampler = new TailSamplingGateway(chart, 'sampler', {
      exportTo: [kept], policies: [SamplingPolicy.alwaysSample('all')],
    });
    new GatewayDeployment(chart, 'tier', {
      forwardTo: sampler, queue: SendingQueue.ephemeral({ size }),
    });
  }).configOf('tier');
  const [[id, router]] = Object.entries<any>(config.exporters)
    .filter(([name]) => name.startsWith('load_balancing/'));
  expect(id).toBe('load_balancing/sampler');
  expect(router.sending_queue.batch).toEqual(usual);
  expect(router.protocol.otlp.sending_queue).toEqual({ enabled: false });
  expect(chains(config).traces).toEqual(['memory_limiter']);
});

test('beside a queue on disk all queues gather, and who has none gets what came in', () => {
  const config = configOf({
    exportTo: [
      kept,
      Backend.otlp('usual', { endpoint: 'usual:4317' }),
      Backend.otlpHttp('counted', {
        endpoint: 'http://counted:4318', queue: SendingQueue.inMemory({ items: 500 }),
      }),
      Backend.otlp('none', { endpoint: 'none:4317', queue: SendingQueue.none() }),
      Backend.loadBalanced('spread', { resolver: Resolver.addresses(['a', 'b']) }),
      Backend.debug(),
    ],
  });
  const queues = Object.fromEntries(Object.entries<any>(config.exporters)
    .map(([id, { sending_queue: queue }]) => [id, queue]));
  expect(queues).toEqual({
    'otlp_grpc/kept': expect.objectContaining({ batch: usual }),
    'otlp_grpc/usual': { batch: usual },
    'otlp_http/counted':
      { enabled: true, sizer: 'items', queue_size: 500, batch: { ...usual, min_size: 500 } },
    'otlp_grpc/none': { enabled: false },
    'load_balancing/spread': { enabled: true, batch: usual },
    'debug': undefined,
  });
  expect(chains(config)).toEqual(INSIDE);
});

test('signals that do not wait on disk are gathered by the processor', () => {
  const logs = Backend.fromYaml('logs', 'otlp_http', { endpoint: 'http://logs:4318' },
    { signals: [Signal.LOGS] });
  const config = configOf({
    exportTo: [
      Backend.otlp('kept', { endpoint: 'kept:4317', queue: onDisk, signals: [Signal.TRACES] }),
      logs,
    ],
  });
  expect(chains(config)).toEqual(
    { traces: ['memory_limiter'], logs: ['memory_limiter', 'batch'] });
  expect(config.exporters['otlp_http/logs'].sending_queue).toBeUndefined();
});

test.each<[string, object, object]>([
  ['sizes and time', { timeout: Duration.seconds(10), sendBatchSize: 10_000 },
    { flush_timeout: '10s', min_size: 10_000, max_size: 10_000, sizer: 'items' }],
  ['no waiting', { timeout: Duration.millis(0) }, { ...usual, min_size: 0 }],
  ['no size', { sendBatchSize: 0 }, { ...usual, min_size: 0 }],
  ['metadata', { metadataKeys: ['tenant'], metadataCardinalityLimit: 20 },
    { ...usual, partition: { metadata_keys: ['tenant'], cache_size: 20 } }],
])('what a tier was told of batches is told to the queue: %s', (_what, batch, written) => {
  expect(batchOf('otlp_grpc/kept', { exportTo: [kept], batch })).toEqual(written);
});

test('wrong sizes are told once, where they were given', () => {
  expect(complaints((chart) => {
    new GatewayStatefulSet(chart, 'tier', {
      exportTo: [kept], batch: { sendBatchSize: 500, sendBatchMaxSize: 5 },
    });
  })).toEqual([
    expect.stringMatching(/send_batch_max_size: must be 0 or at least send_batch_size/),
  ]);
});

test.each<[string, object, object]>([
  ['0.130.0', {}, INSIDE],
  ['0.159.0', { metadataKeys: ['tenant'] }, INSIDE],
  ['0.146.0', { metadataKeys: ['tenant'] }, OUTSIDE],
])('an image of %s gathers where it can, %j', (version, batch, expected) => {
  expect(chains(configOf({ exportTo: [kept], batch, image: CollectorImage.contrib(version) })))
    .toEqual(expected);
});

test.each<[string, CollectorImage]>([
  ['an image before 0.130', CollectorImage.contrib('0.129.0')],
  ['an image of nobody knows which version', CollectorImage.custom({ image: 'mine:1.0.0' })],
])('%s keeps the processor', (_what, image) => {
  const queue = SendingQueue.persistent({ size, requests: 100 });
  const exportTo = [Backend.otlp('kept', { endpoint: 'kept:4317', queue })];
  expect(chains(configOf({ exportTo, image }))).toEqual(OUTSIDE);
});
