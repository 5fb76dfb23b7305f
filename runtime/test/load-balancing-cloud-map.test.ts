/** The resolver aws_cloud_map against a server that speaks Cloud Map's JSON and knows one key. */
import { systemClock } from '../clock';
import { loadBalancingExporter } from '../config';
import type { Resolver } from '../routing/resolver';
import { createResolver } from '../routing/resolvers';
import {
  CLOUD_MAP_KEY as KEY, CloudMapServer, type CloudMapAnswer,
} from '../testing/cloud-map-server';
import { componentContext } from '../testing/component-context';

const SERVICE = { namespace: 'telemetry', service_name: 'sampler', interval: '20ms' };

function backend(address: string, port = '4317'): Record<string, string> {
  return { AWS_INSTANCE_IPV4: address, AWS_INSTANCE_PORT: port };
}

const before = { ...process.env };
let cloudMap: CloudMapServer;
let resolver: Resolver | undefined;

beforeEach(async () => {
  cloudMap = new CloudMapServer();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SERVICEDISCOVERY: await cloudMap.listen(),
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    AWS_SESSION_TOKEN: KEY.sessionToken,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  });
});

afterEach(async () => {
  await resolver?.stop();
  await cloudMap.close();
  process.env = { ...before };
});

async function start(given: object = {}) {
  const { settings, problems } = loadBalancingExporter.read(
    { resolver: { aws_cloud_map: { ...SERVICE, ...given } } });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  const context = { ...componentContext('load_balancing'), clock: systemClock };
  const published: (readonly string[])[] = [];
  resolver = createResolver(settings.resolver, context);
  await resolver.start((endpoints) => published.push(endpoints));
  const lookups = (success: boolean): number => context.metrics.value(
    'otelcol_loadbalancer_num_resolutions', { resolver: 'aws', success: String(success) }) ?? 0;
  const until = async (success: boolean, count: number): Promise<void> => {
    const wanted = lookups(success) + count;
    for (let turn = 0; turn < 1000 && lookups(success) < wanted; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(lookups(success)).toBeGreaterThanOrEqual(wanted);
  };
  return { ...context, published, until };
}

test('instances are backends, and what asks for them is signed', async () => {
  cloudMap.instances = [
    backend('10.0.0.2'), backend('10.0.0.1', '9'), { AWS_ALIAS_DNS_NAME: 'x' },
  ];
  const { published } = await start();
  expect(published).toEqual([['10.0.0.1:9', '10.0.0.2:4317']]);
  expect(cloudMap.asked).toEqual(
    [{ NamespaceName: 'telemetry', ServiceName: 'sampler', MaxResults: 1000 }]);
  expect(cloudMap.signed).toEqual([true]);
});

test('port, health and owner are asked for as configured', async () => {
  cloudMap.instances = [{ AWS_INSTANCE_IPV4: '10.0.0.1' }];
  const given = { port: 4319, health_status: 'HEALTHY', owner_account: '123456789012' };
  const { published } = await start(given);
  expect(published).toEqual([['10.0.0.1:4319']]);
  expect(cloudMap.asked[0]).toMatchObject(
    { HealthStatus: 'HEALTHY', OwnerAccount: '123456789012' });
});

const FAILURES: [string, CloudMapAnswer | undefined][] = [
  ['that the service is unknown',
    { status: 400, body: '{"__type":"ServiceNotFound","Message":"no such service"}' }],
  ['that it is broken', { status: 500, body: '{}' }],
  ['what is no JSON', { status: 200, body: '<html>' }],
  ['nothing', 'silence'],
  ['without an instance', undefined],
];

test.each(FAILURES)('the backends stay when Cloud Map answers %s', async (_, answer) => {
  cloudMap.instances = [backend('10.0.0.1')];
  const { log, published, until } = await start({ timeout: '300ms' });
  cloudMap.answer = answer;
  cloudMap.instances = [];
  await until(false, 2);
  expect([published, log.messages('warn').length]).toEqual([[['10.0.0.1:4317']], 1]);
  cloudMap.answer = undefined;
  cloudMap.instances = [backend('10.0.0.3')];
  await until(true, 1);
  expect(published.at(-1)).toEqual(['10.0.0.3:4317']);
});

test('without credentials it starts, says so, and goes on asking', async () => {
  delete process.env.AWS_ACCESS_KEY_ID;
  cloudMap.instances = [backend('10.0.0.1')];
  const { log, published } = await start();
  expect(published).toEqual([]);
  expect(log.lines[0].fields.error).toMatch(/credentials/);
});
