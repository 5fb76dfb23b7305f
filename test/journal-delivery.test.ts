/** How sampled traces leave a tier with a journal: it has them until the backend does. */
import { Size } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  Backend, GatewayDeployment, SamplingJournal, SamplingPolicy, SendingQueue, Signal,
  TailSamplingGateway,
} from '../src';

const journal = SamplingJournal.ephemeral();
const policies = [SamplingPolicy.alwaysSample('all')];
const backend = (queue?: SendingQueue) => Backend.otlp('store', { endpoint: 'store:4317', queue });

function sampler(props: object) {
  return synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      journal, policies, exportTo: [backend()], ...props,
    });
  }).configOf('sampler');
}

const GATHERED = {
  flush_timeout: '200ms', min_size: 1024, max_size: 2048, sizer: 'items',
};
const traces = { signals: [Signal.TRACES] };

test('its exporter says that it has taken what the backend has, and gathers in its queue', () => {
  const { exporters, processors, service } = sampler(traces);
  expect(exporters['otlp_grpc/store'].sending_queue)
    .toEqual({ wait_for_result: true, batch: GATHERED });
  expect(service.pipelines.traces)
    .toMatchObject({ processors: ['memory_limiter', 'tail_sampling'] });
  expect(Object.keys(processors)).toEqual(['memory_limiter', 'tail_sampling']);
});

test('what is given to other signals is as it was, and traces have an exporter beside it', () => {
  const { exporters, service: { pipelines } } = sampler({});
  const { sending_queue: queue, ...sampled } = exporters['otlp_grpc/store-sampled'];
  expect(sampled).toEqual(exporters['otlp_grpc/store']);
  expect(queue).toEqual({ wait_for_result: true, batch: GATHERED });
  expect(pipelines.traces.exporters).toEqual(['otlp_grpc/store-sampled']);
  for (const signal of ['metrics', 'logs']) {
    expect(pipelines[signal]).toMatchObject({
      processors: ['memory_limiter', 'batch'], exporters: ['otlp_grpc/store'],
    });
  }
});

test('a name that is taken is no other exporter\'s', () => {
  const other = Backend.otlp('store-sampled', { endpoint: 'other:4317', signals: [Signal.LOGS] });
  const { exporters, service: { pipelines } } = sampler({ exportTo: [backend(), other] });
  expect(exporters['otlp_grpc/store-sampled'].endpoint).toBe('other:4317');
  expect(pipelines.traces.exporters).toEqual(['otlp_grpc/store-sampled-sampled']);
});

test('a queue of another size waits, too', () => {
  expect(sampler({ ...traces, exportTo: [backend(SendingQueue.inMemory({ items: 9000 }))] })
    .exporters['otlp_grpc/store'].sending_queue)
    .toMatchObject({ queue_size: 9000, wait_for_result: true });
});

test.each<[string, object]>([
  ['a queue on disk keeps them itself',
    { ...traces, exportTo: [backend(SendingQueue.ephemeral({ size: Size.gibibytes(1) }))] }],
  ['without a journal nothing is promised', { ...traces, journal: undefined }],
])('%s, and nobody waits', (_, props) => {
  const { exporters } = sampler(props);
  expect(Object.keys(exporters)).toEqual(['otlp_grpc/store']);
  expect(exporters['otlp_grpc/store'].sending_queue ?? {}).not.toHaveProperty('wait_for_result');
});

test('a tier that routes waits for those that it routes to', () => {
  const config = synthesized((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'last', { policies, exportTo: [backend()] });
    new TailSamplingGateway(chart, 'first', { journal, policies, forwardTo, ...traces });
    new GatewayDeployment(chart, 'gateway', { forwardTo });
  }).configOf('first');
  expect(config.exporters['load_balancing/last'].sending_queue)
    .toEqual({ enabled: true, wait_for_result: true, batch: GATHERED });
});
