/** The resolver aws_cloud_map against a server that speaks Cloud Map's JSON and knows one key. */
import { createServer, type IncomingMessage, type Server } from 'http';
import type { AddressInfo } from 'net';
import { sign } from 'aws4';
import { systemClock } from '../clock';
import { loadBalancingExporter } from '../config';
import type { Resolver } from '../routing/resolver';
import { createResolver } from '../routing/resolvers';
import { componentContext } from '../testing/component-context';

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI', sessionToken: 'st' };
const SERVICE = { namespace: 'telemetry', service_name: 'sampler', interval: '20ms' };

type Answer = { readonly status: number; readonly body: string } | 'silence';

/** Cloud Map, with `instances` in it. */
class CloudMap {
  public readonly asked: object[] = [];
  public readonly signed: boolean[] = [];
  public instances: Record<string, string>[] = [];
  public answer?: Answer;
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      this.asked.push(JSON.parse(body) as object);
      this.signed.push(isSigned(request, body));
      if (this.answer === 'silence') return;
      const { status, body: text } = this.answer ?? {
        status: 200,
        body: JSON.stringify({
          Instances: this.instances.map((Attributes, index) => ({
            InstanceId: `i-${index}`,
            NamespaceName: 'telemetry',
            ServiceName: 'sampler',
            HealthStatus: 'HEALTHY',
            Attributes,
          })),
          InstancesRevision: 3,
        }),
      };
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(text);
    });
  });

  public async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  public async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Signs what came with another library, and compares. */
function isSigned(request: IncomingMessage, body: string): boolean {
  const given = String(request.headers.authorization);
  const names = /SignedHeaders=([^,]+)/.exec(given)?.[1].split(';') ?? [];
  const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
  const { headers: own = {} } = sign({
    service: 'servicediscovery',
    region: 'eu-central-1',
    method: request.method,
    path: request.url,
    host: request.headers.host,
    headers,
    body,
  }, KEY);
  const signatureOf = (text: string) => /Signature=(\w+)/.exec(text)?.[1];
  return request.headers['x-amz-target'] === 'Route53AutoNaming_v20170314.DiscoverInstances'
    && given.includes(`Credential=${KEY.accessKeyId}/`)
    && given.includes('/eu-central-1/servicediscovery/aws4_request')
    && signatureOf(String(own.Authorization)) === signatureOf(given);
}

function backend(address: string, port = '4317'): Record<string, string> {
  return { AWS_INSTANCE_IPV4: address, AWS_INSTANCE_PORT: port };
}

const before = { ...process.env };
let cloudMap: CloudMap;
let resolver: Resolver | undefined;

beforeEach(async () => {
  cloudMap = new CloudMap();
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

const FAILURES: [string, Answer | undefined][] = [
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
