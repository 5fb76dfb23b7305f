/**
 * Processes that ask Cloud Map as a role which their pod or their node has: AWS's SDK finds the
 * key, from servers of this machine that speak as those of AWS do.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLOUD_MAP_KEY as KEY, CloudMapServer } from '../testing/cloud-map-server';
import { CollectorProcess, until } from '../testing/collector-process';

const EXPIRES = '2100-01-01T00:00:00Z';
const ROLE = 'arn:aws:iam::123456789012:role/collector';
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZ2VudCJ9.c2lnbmF0dXJl';
const KEY_AS_JSON = JSON.stringify({
  Code: 'Success',
  Type: 'AWS-HMAC',
  AccessKeyId: KEY.accessKeyId,
  SecretAccessKey: KEY.secretAccessKey,
  Token: KEY.sessionToken,
  Expiration: EXPIRES,
  LastUpdated: '2026-01-01T00:00:00Z',
});
const STS = 'https://sts.amazonaws.com/doc/2011-06-15/';
const KEY_AS_XML = `<AssumeRoleWithWebIdentityResponse xmlns="${STS}">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${KEY.accessKeyId}</AccessKeyId>
<SecretAccessKey>${KEY.secretAccessKey}</SecretAccessKey>
<SessionToken>${KEY.sessionToken}</SessionToken><Expiration>${EXPIRES}</Expiration></Credentials>
<AssumedRoleUser><Arn>${ROLE}</Arn><AssumedRoleId>A:b</AssumedRoleId></AssumedRoleUser>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

type Respond = (request: IncomingMessage, body: string) => string | undefined;

/** What a cluster puts into pods, and what answers there. */
interface Way {
  readonly env: (url: string, tokenFile: string) => Readonly<Record<string, string>>;
  readonly respond: Respond;
}

const WAYS: Readonly<Record<string, Way>> = {
  'of its ServiceAccount (IRSA)': {
    env: (url, tokenFile) => ({
      AWS_ROLE_ARN: ROLE,
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ENDPOINT_URL_STS: url,
    }),
    respond: (_request, body) => {
      const asked = new URLSearchParams(body);
      const isRight = asked.get('Action') === 'AssumeRoleWithWebIdentity'
        && asked.get('RoleArn') === ROLE && asked.get('WebIdentityToken') === TOKEN;
      return isRight ? KEY_AS_XML : undefined;
    },
  },
  'of EKS Pod Identity': {
    env: (url, tokenFile) => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
    }),
    respond: ({ url, headers }) =>
      url === '/v1/credentials' && headers.authorization === TOKEN ? KEY_AS_JSON : undefined,
  },
  'of its node (IMDSv2)': {
    env: (url) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_EC2_METADATA_DISABLED: 'false' }),
    respond: ({ method, url = '', headers }) => {
      if (method === 'PUT' && url === '/latest/api/token') return TOKEN;
      if (headers['x-aws-ec2-metadata-token'] !== TOKEN) return undefined;
      return url.endsWith('/security-credentials/') ? 'node-role'
        : url.endsWith('/security-credentials/node-role') ? KEY_AS_JSON : undefined;
    },
  },
};

let cloudMap: CloudMapServer;
let issuer: Server;
let folder: string;

beforeEach(() => {
  cloudMap = new CloudMapServer();
  cloudMap.instances = [{ AWS_INSTANCE_IPV4: '127.0.0.1', AWS_INSTANCE_PORT: '9' }];
  folder = mkdtempSync(join(tmpdir(), 'otelgw-identity-'));
  writeFileSync(join(folder, 'token'), TOKEN);
});

afterEach(async () => {
  CollectorProcess.killAll();
  await cloudMap.close();
  issuer.closeAllConnections();
  issuer.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Where keys are given out. */
async function listen(respond: Respond): Promise<string> {
  issuer = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => { body += text; });
    request.on('end', () => {
      const answer = respond(request, body);
      response.writeHead(answer === undefined ? 403 : 200, {
        'content-type': answer?.startsWith('<') === true ? 'text/xml' : 'application/json',
        'x-aws-ec2-metadata-token-ttl-seconds': '21600',
      }).end(answer);
    });
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
}

const CONFIG = JSON.stringify({
  receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:0' } } } },
  exporters: {
    load_balancing: {
      resolver: {
        aws_cloud_map: { namespace: 'telemetry', service_name: 'sampler', interval: '100ms' },
      },
      protocol: { otlp: { tls: { insecure: true } } },
    },
  },
  service: {
    telemetry: { metrics: { level: 'none' } },
    pipelines: { traces: { receivers: ['otlp'], exporters: ['load_balancing'] } },
  },
});

/** A process in such a pod; what the pods of clusters have of others is taken away. */
async function startAs({ env, respond }: Way): Promise<CollectorProcess> {
  const url = await listen(respond);
  const others = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  return new CollectorProcess(['run', '--config', `yaml:${CONFIG}`], {
    ...Object.fromEntries(others.map((name) => [name, ''])),
    AWS_REGION: 'eu-central-1',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_SERVICEDISCOVERY: await cloudMap.listen(),
    ...env(url, join(folder, 'token')),
  });
}

test.each(Object.entries(WAYS))('Cloud Map is asked with the role %s', async (_, way) => {
  await startAs(way);
  await until('a question that is signed', () => cloudMap.signed.length > 0);
  expect(cloudMap.signed[0]).toBe(true);
  expect(cloudMap.asked[0]).toMatchObject({ NamespaceName: 'telemetry', ServiceName: 'sampler' });
});

test.each(Object.entries(WAYS))('who is not given the role %s says so', async (_, way) => {
  const collector = await startAs({ ...way, respond: () => undefined });
  await until('a line in its log', () =>
    collector.stderr.includes('could not resolve the backends, the list stays as it is'));
  expect(cloudMap.asked).toEqual([]);
  expect(collector.stderr).not.toContain(TOKEN);
});
