/**
 * The real NGINX with the configuration that NginxLoadBalancer writes, in front of two collectors.
 * `NGINX_PROGRAM` names it, 1.27.4 or later; without it nothing is run here.
 */
import { spawn, spawnSync, type ChildProcess } from 'child_process';
import {
  copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'fs';
import * as http from 'http';
import * as http2 from 'http2';
import { tmpdir } from 'os';
import { join } from 'path';
import { connect as connectTls } from 'tls';
import { NameServer } from './name-server';
import { benchRequest } from '../../runtime/bench/request';
import { CollectorProcess, freePorts, get, until } from '../../runtime/testing/collector-process';
import {
  makeTestCertificates, type CertificatePair,
} from '../../runtime/testing/test-certificates';
import { Backend, GatewayDeployment, NginxLoadBalancer } from '../../src';
import { synthesized } from '../synthesized';

const PROGRAM = process.env.NGINX_PROGRAM ?? '';
const GRPC_PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const SPANS = 50;
const REQUESTS = 20;
const PREFIX_BYTES = 5;
const request = Buffer.from(benchRequest(SPANS));
const folder = mkdtempSync(join(tmpdir(), 'otelgw-nginx-'));
const names = new NameServer(['127.0.0.2', '127.0.0.3']);
const certificates = makeTestCertificates();
const started: ChildProcess[] = [];
const metricsPorts = new Map<string, number>();
const collectors = new Map<string, CollectorProcess>();
let grpcPort = 0;
let httpPort = 0;
let namePort = 0;

/** The configuration, with addresses and files of this machine in place of a pod's. */
function configuration(own: string, health: number, props: object = {}): string {
  const text = synthesized((chart) => {
    const target = new GatewayDeployment(chart, 'gateway', {
      exportTo: [Backend.debug()], grpcPort, httpPort,
    });
    new NginxLoadBalancer(chart, 'front', { target, ...props });
  }).get('ConfigMap', 'front-config').data['nginx.conf.template'] as string;
  return text
    .replace('${NGINX_LOCAL_RESOLVERS} valid=10s', `127.0.0.1:${namePort} valid=1s`)
    .replace('valid=1m', 'valid=1s')
    .replace(/\/tmp\//g, `${own}/`)
    .replaceAll('/etc/nginx/tls', own)
    .replace(/listen (\d+)/g, (_, port) => `listen 127.0.0.1:${port === '8080' ? health : port}`);
}

/** Runs NGINX until the tests are over; where it stands. */
async function startNginx(props: object = {}): Promise<string> {
  const [health] = await freePorts(1);
  const own = join(folder, String(health));
  mkdirSync(own);
  install(own, certificates.server);
  const file = join(own, 'nginx.conf');
  writeFileSync(file, configuration(own, health, props));
  const words = ['-p', own, '-e', 'stderr', '-c', file];
  expect(spawnSync(PROGRAM, [...words, '-t'], { encoding: 'utf8' }).stderr)
    .toContain('test is successful');
  // Started by root, its workers would be somebody else, who may not read the key.
  const user = process.getuid?.() === 0 ? ' user root;' : '';
  started.push(spawn(PROGRAM, [...words, '-g', `daemon off;${user}`], { stdio: 'ignore' }));
  await until('NGINX', async () => (await get(health, '/healthz')).status === 200);
  return own;
}

/** Puts new files in the place of old ones, as Kubernetes does. */
function install(own: string, { certFile, keyFile }: CertificatePair): void {
  for (const [source, name] of [[certFile, 'tls.crt'], [keyFile, 'tls.key']]) {
    copyFileSync(source, join(own, `${name}.new`));
    renameSync(join(own, `${name}.new`), join(own, name));
  }
}

/** Runs a collector as the pod of that address would. */
async function startCollector(address: string): Promise<void> {
  const [health, metrics] = await freePorts(2);
  metricsPorts.set(address, metrics);
  collectors.set(address, new CollectorProcess(['run', '--config', `yaml:
receivers:
  otlp: { protocols: { grpc: { endpoint: "${address}:${grpcPort}" },
    http: { endpoint: "${address}:${httpPort}" } } }
exporters: { debug: {} }
extensions: { health_check: { endpoint: "127.0.0.1:${health}" } }
service:
  extensions: [health_check]
  telemetry:
    metrics: { readers: [ { pull: { exporter: {
      prometheus: { host: 127.0.0.1, port: ${metrics}, without_type_suffix: true } } } } ] }
  pipelines: { traces: { receivers: [otlp], exporters: [debug] } }
`]));
  await until(`collector ${address}`, async () => (await get(health)).status === 200);
}

/** Spans that the collector of that address has taken by a transport. */
async function taken(address: string, transport: string): Promise<number> {
  const { body } = await get(metricsPorts.get(address)!, '/metrics');
  const line = body.split('\n').find((each) => each.includes(`transport="${transport}"`)
    && each.startsWith('otelcol_receiver_accepted_spans'));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** Statuses of gRPC, of requests one after the other on one connection. */
async function exportByGrpc(
  count: number, connection: http2.ClientHttp2Session = http2.connect(
    `http://127.0.0.1:${grpcPort}`), message: Buffer = request,
): Promise<string[]> {
  const framed = Buffer.alloc(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  const statuses: string[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    statuses.push(await new Promise<string>((resolve, reject) => {
      const stream = connection.request({
        ':method': 'POST', ':path': GRPC_PATH, 'content-type': 'application/grpc', 'te': 'trailers',
      });
      let status = '';
      const note = (headers: http2.IncomingHttpHeaders) => {
        status = String(headers['grpc-status'] ?? `HTTP ${headers[':status']}`);
      };
      stream.on('response', note).on('trailers', note).on('error', reject)
        .on('close', () => resolve(status)).resume();
      stream.end(framed);
    }));
  }
  connection.close();
  return statuses;
}

/** Statuses of HTTP, on one connection. */
async function exportByHttp(count: number): Promise<number[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const statuses = await Promise.all(Array.from({ length: count }, () =>
    new Promise<number>((resolve, reject) => {
      http.request({
        host: '127.0.0.1',
        port: httpPort,
        path: '/v1/traces',
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/x-protobuf' },
      }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      }).on('error', reject).end(request);
    })));
  agent.destroy();
  return statuses;
}

/** The serial number of the certificate that senders are shown. */
function shownSerial(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: grpcPort,
      servername: 'localhost',
      ca: readFileSync(certificates.caFile),
      rejectUnauthorized: false,
    }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.end();
    }).on('error', reject);
  });
}

async function stopNginx(): Promise<void> {
  for (const process of started.splice(0)) {
    const ended = new Promise((resolve) => process.on('close', resolve));
    process.kill('SIGTERM');
    await ended;
  }
}

async function startAll(): Promise<void> {
  [grpcPort, httpPort] = await freePorts(2);
  namePort = await names.listen();
  await startCollector('127.0.0.2');
  await startCollector('127.0.0.3');
  await startNginx();
}

async function stopAll(): Promise<void> {
  await stopNginx();
  CollectorProcess.killAll();
  names.close();
}

afterAll(() => {
  certificates.remove();
  rmSync(folder, { recursive: true });
});

const withNginx = PROGRAM === '' ? describe.skip : describe;

withNginx('the real NGINX', () => {
  beforeAll(startAll, 60_000);
  afterAll(stopAll);

  test.each<[string, () => Promise<(string | number)[]>, string | number]>([
    ['grpc', () => exportByGrpc(REQUESTS), '0'],
    ['http', () => exportByHttp(REQUESTS), 200],
  ])('spreads requests of one connection over all pods: %s', async (transport, send, fine) => {
    await until('both addresses', async () => {
      await send();
      return (await taken('127.0.0.2', transport)) > 0 && (await taken('127.0.0.3', transport)) > 0;
    });
    const before = await taken('127.0.0.2', transport) + await taken('127.0.0.3', transport);
    expect(new Set(await send())).toEqual(new Set([fine]));
    const after = await taken('127.0.0.2', transport) + await taken('127.0.0.3', transport);
    expect(after - before).toBe(REQUESTS * SPANS);
  });

  test('hands on what the gateway says about a request that it does not take', async () => {
    const garbage = Buffer.from([0xff, 0xff]);
    const gateway = http2.connect(`http://127.0.0.2:${grpcPort}`);
    expect(await exportByGrpc(1, undefined, garbage))
      .toEqual(await exportByGrpc(1, gateway, garbage));
  });

  test('hands on requests of the size that gateways take', async () => {
    expect(await exportByGrpc(1, undefined, Buffer.from(benchRequest(6000)))).toEqual(['0']);
  });

  test('goes by a pod that has gone, before its name server knows', async () => {
    collectors.get('127.0.0.3')!.signal('SIGKILL');
    await collectors.get('127.0.0.3')!.ended;
    expect(new Set(await exportByGrpc(REQUESTS))).toEqual(new Set(['0']));
    expect(new Set(await exportByHttp(REQUESTS))).toEqual(new Set([200]));
  });

  test('finds a new pod, without having been restarted', async () => {
    await startCollector('127.0.0.4');
    names.addresses = ['127.0.0.4'];
    await until('the new pod', async () => {
      await exportByGrpc(1);
      return await taken('127.0.0.4', 'grpc') > 0;
    });
    expect(new Set(await exportByHttp(REQUESTS))).toEqual(new Set([200]));
    expect(await taken('127.0.0.4', 'http')).toBe(REQUESTS * SPANS);
  });

  test('shows its certificate, and the renewed one soon after', async () => {
    await stopNginx();
    const own = await startNginx({ certificate: 'front-tls', hostname: 'localhost' });
    const ca = readFileSync(certificates.caFile);
    const connection = http2.connect(`https://localhost:${grpcPort}`, { ca });
    expect(new Set(await exportByGrpc(REQUESTS, connection))).toEqual(new Set(['0']));
    const first = await shownSerial();
    install(own, certificates.client);
    await until('the renewed certificate', async () => await shownSerial() !== first);
    expect(await shownSerial()).not.toBe(first);
  });
});
