import { StaticResolver } from './static-resolver';
import { componentContext } from '../testing/component-context';

test('the configured backends are published once, in the order of their bytes', async () => {
  const { metrics } = componentContext('load_balancing');
  const resolver = new StaticResolver(['b:4317', '10.0.0.1', 'a:4317'], metrics);
  const published: (readonly string[])[] = [];
  await resolver.start((endpoints) => published.push(endpoints));
  await resolver.stop();
  expect(published).toEqual([['10.0.0.1', 'a:4317', 'b:4317']]);
  const of = { resolver: 'static' };
  expect(metrics.value('otelcol_loadbalancer_num_backends', of)).toBe(3);
  expect(metrics.value('otelcol_loadbalancer_num_backend_updates', of)).toBe(1);
  const succeeded = { ...of, success: 'true' };
  expect(metrics.value('otelcol_loadbalancer_num_resolutions', succeeded)).toBe(1);
});

test('a backend that is named twice stays twice, and so gets more of the ring', async () => {
  const { metrics } = componentContext('load_balancing');
  const published: (readonly string[])[] = [];
  await new StaticResolver(['a', 'a'], metrics).start((endpoints) => published.push(endpoints));
  expect(published).toEqual([['a', 'a']]);
});
