import type { EndpointSlice } from './endpoint-slices';
import { K8sResolver } from './k8s-resolver';
import { KubeApiError, ServiceRef, SliceList, SliceSource } from './kube-api';
import type { SliceEvent } from './slice-codec';
import { MalformedError } from '../errors';
import { componentContext } from '../testing/component-context';
import { settle } from '../testing/fake-clock';

function slice(name: string, version: string, ...addresses: string[]): EndpointSlice {
  return { metadata: { name, resourceVersion: version }, endpoints: [{ addresses }] };
}

/** An API server in memory. Lists are answered by `lists`, in order, the last one for ever. */
class FakeSource implements SliceSource {
  public readonly calls: string[] = [];
  public lists: (SliceList | Error | 'silence')[] = [];
  public tell: (event: SliceEvent) => void = () => undefined;
  public end: () => void = () => undefined;
  public drop: (error: Error) => void = () => undefined;

  public async ownNamespace(): Promise<string> {
    return 'own';
  }

  public async list({ service, namespace }: ServiceRef, fresh: boolean): Promise<SliceList> {
    this.calls.push(`list ${namespace}/${service}${fresh ? ' fresh' : ''}`);
    const answer = this.lists.length > 1 ? this.lists.shift() : this.lists[0];
    if (answer === 'silence') return new Promise(() => undefined);
    if (answer instanceof Error) throw answer;
    return answer as SliceList;
  }

  public async watch(
    _: ServiceRef, version: string, tell: (event: SliceEvent) => void,
  ): Promise<void> {
    this.calls.push(`watch ${version}`);
    this.tell = tell;
    return new Promise((resolve, reject) => {
      this.end = resolve;
      this.drop = reject;
    });
  }

  public close(): void {
    this.drop(new Error('closed'));
  }
}

function setUp(lists: FakeSource['lists'], service = 'sampler.tracing') {
  const context = componentContext('load_balancing');
  const source = new FakeSource();
  source.lists = lists;
  const settings = { service, ports: [4317], returnHostnames: false };
  const resolver = new K8sResolver(settings, () => source, context, () => 1);
  const published: string[] = [];
  const start = () => resolver.start((endpoints) => published.push(endpoints.join(' ')));
  return { ...context, resolver, source, published, start };
}

const LISTED: SliceList = { slices: [slice('s1', '5', '10.0.0.2', '10.0.0.1')], version: '7' };

test('the first list is published before start returns, and watched from its version', async () => {
  const k8s = setUp([LISTED]);
  await k8s.start();
  expect(k8s.published).toEqual(['10.0.0.1:4317 10.0.0.2:4317']);
  await settle();
  await k8s.resolver.stop();
  expect(k8s.source.calls).toEqual(['list tracing/sampler', 'watch 7']);
  expect(k8s.metrics.value('otelcol_loadbalancer_num_backends', { resolver: 'k8s' })).toBe(2);
});

test('before a list, as without the permission for one, there are 0 backends', async () => {
  const k8s = setUp([new KubeApiError(403, 'list', 'forbidden')]);
  await k8s.start();
  expect(k8s.metrics.value('otelcol_loadbalancer_num_backends', { resolver: 'k8s' })).toBe(0);
  await k8s.resolver.stop();
});

test('a service without a namespace is looked for in the namespace of the pod', async () => {
  const k8s = setUp([LISTED], 'sampler');
  await k8s.start();
  await k8s.resolver.stop();
  expect(k8s.source.calls[0]).toBe('list own/sampler');
});

test('events add, change and delete slices, and a bookmark changes nothing', async () => {
  const k8s = setUp([LISTED]);
  await k8s.start();
  k8s.source.tell({ type: 'ADDED', slice: slice('s2', '8', '10.0.0.3') });
  k8s.source.tell({ type: 'BOOKMARK', slice: { metadata: { name: '', resourceVersion: '9' } } });
  k8s.source.tell({ type: 'MODIFIED', slice: slice('s1', '10', '10.0.0.1') });
  k8s.source.tell({ type: 'DELETED', slice: slice('s1', '11') });
  await k8s.resolver.stop();
  expect(k8s.published.slice(1)).toEqual([
    '10.0.0.1:4317 10.0.0.2:4317 10.0.0.3:4317', '10.0.0.1:4317 10.0.0.3:4317', '10.0.0.3:4317',
  ]);
});

test('a watch that the server ends goes on at once from the last version', async () => {
  const k8s = setUp([LISTED]);
  await k8s.start();
  k8s.source.tell({ type: 'BOOKMARK', slice: { metadata: { name: '', resourceVersion: '19' } } });
  await k8s.clock.advance(60_000);
  k8s.source.end();
  await settle();
  await k8s.resolver.stop();
  expect(k8s.source.calls.slice(1)).toEqual(['watch 7', 'watch 19']);
});

test('a watch that drops is tried again after longer and longer pauses', async () => {
  const k8s = setUp([LISTED]);
  await k8s.start();
  const watches = async (ms: number): Promise<number> => {
    await k8s.clock.advance(ms);
    return k8s.source.calls.filter((call) => call.startsWith('watch')).length;
  };
  k8s.source.drop(new Error('ECONNRESET'));
  expect([await watches(999), await watches(1)]).toEqual([1, 2]);
  k8s.source.drop(new Error('ECONNREFUSED'));
  expect([await watches(1999), await watches(1)]).toEqual([2, 3]);
  k8s.source.drop(new Error('ECONNREFUSED'));
  expect([await watches(3999), await watches(1)]).toEqual([3, 4]);
  await k8s.resolver.stop();
  expect(k8s.published).toHaveLength(1);
  expect(k8s.log.messages('warn')).toHaveLength(2);
});

test('a version that is too old is followed by a new and fresh list', async () => {
  const later: SliceList = { slices: [slice('s9', '90', '10.0.0.9')], version: '99' };
  const k8s = setUp([LISTED, later]);
  await k8s.start();
  k8s.source.drop(new KubeApiError(410, '/slices', 'too old resource version'));
  await k8s.clock.advance(1000);
  await k8s.resolver.stop();
  expect(k8s.source.calls.slice(2)).toEqual(['list tracing/sampler fresh', 'watch 99']);
  expect(k8s.published.slice(1)).toEqual(['10.0.0.9:4317']);
});

test('a watch that ends ten minutes after the list is followed by a new list', async () => {
  const later: SliceList = { slices: [slice('s9', '90', '10.0.0.9')], version: '99' };
  const k8s = setUp([LISTED, later]);
  await k8s.start();
  await k8s.clock.advance(599_000);
  k8s.source.end();
  await settle();
  await k8s.clock.advance(60_000);
  k8s.source.end();
  await settle();
  await k8s.resolver.stop();
  expect(k8s.source.calls.slice(1)).toEqual(
    ['watch 7', 'watch 7', 'list tracing/sampler fresh', 'watch 99']);
  expect(k8s.published.slice(1)).toEqual(['10.0.0.9:4317']);
});

test.each([
  ['watches are refused', new KubeApiError(403, '/slices', 'forbidden')],
  ['watches are silent', new Error('/slices: must be answered in 70000 ms, got no end of it')],
])('ten minutes in which %s are followed by a new list', async (_, error) => {
  const later: SliceList = { slices: [slice('s9', '90', '10.0.0.9')], version: '99' };
  const k8s = setUp([LISTED, later]);
  await k8s.start();
  for (let second = 0; second < 640; second += 10) {
    k8s.source.drop(error);
    await k8s.clock.advance(10_000);
  }
  await k8s.resolver.stop();
  expect(k8s.published.slice(1)).toEqual(['10.0.0.9:4317']);
  expect(k8s.source.calls.filter((call) => call.startsWith('list')))
    .toEqual(['list tracing/sampler', 'list tracing/sampler fresh']);
});

test('an event that cannot be read is followed by a list that is no older', async () => {
  const k8s = setUp([LISTED]);
  await k8s.start();
  k8s.source.drop(new MalformedError('event', 'must be JSON', '{'));
  await k8s.clock.advance(1000);
  await k8s.resolver.stop();
  expect(k8s.source.calls.slice(2)).toEqual(['list tracing/sampler fresh', 'watch 7']);
});

test('a first list that fails lets start return, warns, and is tried again', async () => {
  const k8s = setUp([new KubeApiError(403, '/slices', 'forbidden'), LISTED]);
  await k8s.start();
  expect(k8s.published).toEqual([]);
  expect(k8s.log.messages('warn')).toHaveLength(1);
  const failures = { resolver: 'k8s', success: 'false' };
  expect(k8s.metrics.value('otelcol_loadbalancer_num_resolutions', failures)).toBe(1);
  await k8s.clock.advance(1000);
  await k8s.resolver.stop();
  expect(k8s.published).toHaveLength(1);
});

test('a first list that is not answered lets start return after five seconds', async () => {
  const k8s = setUp(['silence']);
  const started = k8s.start();
  let hasStarted = false;
  void started.then(() => { hasStarted = true; });
  await k8s.clock.advance(4999);
  expect(hasStarted).toBe(false);
  await k8s.clock.advance(1);
  await started;
  expect(k8s.published).toEqual([]);
});

test('stop ends a pause, leaves no timer, and may be called twice or before start', async () => {
  const k8s = setUp([new Error('ECONNREFUSED')]);
  await k8s.start();
  await k8s.resolver.stop();
  await k8s.resolver.stop();
  expect(k8s.clock.waiting).toBe(0);
  const unstarted = setUp([LISTED]);
  await unstarted.resolver.stop();
  await unstarted.start();
  expect(unstarted.source.calls).toEqual([]);
});
