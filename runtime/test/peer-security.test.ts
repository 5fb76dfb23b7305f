/**
 * Processes with the configuration that the constructs write for a sampler of several pods with
 * TLS. Other than there are only addresses, the folders of certificates, and how long traces are
 * waited for and what is kept: whole ones, so that split ones show.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { securedTiers } from '../../test/security/secured-tiers';
import { systemClock } from '../clock';
import { otlpGrpcExporter } from '../config';
import { SAY } from '../extensions/trace-peers/grpc-peer-transport';
import { CertificateAuthority, type Certificate } from '../local-cluster/certificate';
import { GrpcClient } from '../net/grpc-client';
import type { Status } from '../net/status';
import { CollectorProcess, until } from '../testing/collector-process';
import { netContext } from '../testing/component-context';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';
import { encodePeer } from '../testing/peer-proto';
import { spans } from '../testing/span-builder';

const PODS = 3;
const SPANS = 6;
const TRACES = 30;
const SAMPLER = 'sampler.observability.svc.cluster.local';
const FOLDER = '/etc/otelgw/tls/server';

interface Configuration {
  readonly processors: { readonly tail_sampling: { policies: object[]; decision_wait: string } };
  readonly exporters: Record<string, { endpoint: string }>;
  readonly extensions: { readonly trace_peers: { resolver: object } };
}

/** Pods of a sampler, each with an address and a folder of certificates of its own. */
class SecuredPool {
  private static turn = 0;
  public readonly addresses: readonly string[];
  public readonly pods: CollectorProcess[] = [];
  public readonly authority = new CertificateAuthority(Date.now(), 'telemetry-ca');
  public readonly names: readonly string[];
  private readonly folder = mkdtempSync(join(tmpdir(), 'otelgw-pool-'));
  private readonly written: string;

  public constructor(private readonly store: LoopbackReceiver) {
    // Addresses that no other test listens on, so that ports are those of the manifests.
    const net = `127.${100 + process.pid % 100}.${200 + SecuredPool.turn++}`;
    this.addresses = Array.from({ length: PODS }, (_, i) => `${net}.${i + 2}`);
    const { sampler, serverNames } = securedTiers(false, true);
    this.written = sampler;
    this.names = serverNames;
  }

  /**
   * Starts the next pod, in a pool of `size` pods. It shows `certificate`, by default one as
   * cert-manager would issue it.
   */
  public start(size: number, certificate = this.authority.issue(this.names)): CollectorProcess {
    const address = this.addresses[this.pods.length];
    const config = parse(this.written) as Configuration;
    config.exporters['otlp_grpc/store'].endpoint = `127.0.0.1:${this.store.receiver.ports.grpc}`;
    config.extensions.trace_peers.resolver = {
      static: { hostnames: this.addresses.slice(0, size).map((each) => `${each}:4317`) },
    };
    config.processors.tail_sampling.decision_wait = '5s';
    config.processors.tail_sampling.policies = [
      { name: 'whole', type: 'span_count', span_count: { min_spans: SPANS } },
    ];
    const text = stringify(config).replaceAll(FOLDER, this.write(address, certificate));
    const pod = new CollectorProcess(['run', '--config', `yaml:${text}`], { POD_IP: address });
    this.pods.push(pod);
    return pod;
  }

  /** Whether probes call a pod ready. */
  public async isReady(address: string): Promise<boolean> {
    const answer = await fetch(`http://${address}:13133`).catch(() => undefined);
    return answer?.status === 200;
  }

  /** Waits until a pool of `size` pods has been agreed on, and all started are ready. */
  public async agreed(size: number): Promise<void> {
    await until(`a ring of ${size}`, () => this.pods.every(({ stderr }) => stderr.split('\n')
      .some((line) => line.includes('A ring is in use.') && line.includes(`"pods":${size}`))));
    for (const address of this.addresses.slice(0, size)) {
      await until(`${address} is ready`, () => this.isReady(address));
    }
  }

  /** Gives spans to a pod; the status that it answers. */
  public give(address: string, body: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      request(`https://${address}:4318/v1/traces`, {
        method: 'POST',
        ca: this.authority.cert,
        servername: SAMPLER,
        headers: { 'content-type': 'application/x-protobuf' },
      }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      }).on('error', reject).end(body);
    });
  }

  /** Calls a pod on the port of its peers. */
  public async say(address: string, { cert, key }: Certificate): Promise<Status> {
    const { settings } = otlpGrpcExporter.read({
      endpoint: `${address}:4319`,
      compression: 'none',
      tls: {
        ca_pem: this.authority.cert, cert_pem: cert, key_pem: key, server_name_override: SAMPLER,
      },
    });
    const client = new GrpcClient(settings!, netContext(systemClock), 'caller');
    const from = { address: '127.0.0.9:4317', incarnation: 7 };
    const hello = encodePeer('PeerRequest', {
      version: 1, from, announce: { seq: 1, current: { members: [from.address] } },
    });
    try {
      return await new Promise((resolve) => { client.send(SAY, [hello], 5000, resolve); });
    } finally {
      await client.close();
    }
  }

  /** Ends all. */
  public async stop(): Promise<void> {
    for (const pod of this.pods) {
      pod.signal('SIGKILL');
      await pod.ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A Secret of the type kubernetes.io/tls, as it is mounted. */
  private write(folder: string, { cert, key }: Certificate): string {
    const path = join(this.folder, folder);
    mkdirSync(path);
    const files = { 'tls.crt': cert, 'tls.key': key, 'ca.crt': this.authority.cert };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
    return path;
  }
}

let store: LoopbackReceiver;
let pool: SecuredPool;

beforeEach(async () => {
  store = loopbackReceiver();
  await store.receiver.start();
  pool = new SecuredPool(store);
});

afterEach(async () => {
  await pool.stop();
  await store.receiver.stop();
});

afterAll(() => CollectorProcess.killAll());

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}

/** The span of this number of every trace. */
function everyTrace(span: number): Buffer {
  return spans(Array.from({ length: TRACES }, (_, trace) => ({
    trace: hex((trace + 1) * 0x9e3779b1, 32), span: hex(trace * SPANS + span + 1, 16),
  })));
}

test('three pods with certificates of the tier are one sampler', async () => {
  for (let i = 0; i < PODS; i++) pool.start(PODS);
  await pool.agreed(PODS);
  for (let span = 0; span < SPANS; span++) {
    expect(await pool.give(pool.addresses[span % PODS], everyTrace(span))).toBe(200);
  }
  await until('all traces are kept', () => store.consumers.traces.items === TRACES * SPANS);
  for (const { stderr } of pool.pods) expect(stderr).not.toMatch(/certificate|handshake/i);
}, 60_000);

test.each([
  ['of another authority', () => new CertificateAuthority(Date.now(), 'other').issue(pool.names),
    /the client's certificate is not accepted.*TLS handshake failed/],
  ['of a sender', () => pool.authority.issue(['agent']),
    /certificate must hold the name sampler\.observability.*A connection was refused/],
])('a certificate %s makes nobody a pod of the pool', async (_, certificate, why) => {
  const [first, second] = [pool.start(2), pool.start(2)];
  await pool.agreed(2);
  const wrong = certificate();
  expect((await pool.say(pool.addresses[0], wrong)).code).toBe(14);
  await until('the first pod says why', () => why.test(first.stderr));
  expect(second.stderr).not.toMatch(why);
  pool.start(PODS, wrong);
  await until('the second pod refuses the third one', () => why.test(second.stderr));
  expect(await Promise.all(pool.addresses.map((each) => pool.isReady(each))))
    .toEqual([true, true, false]);
  const right = pool.authority.issue(pool.names);
  expect(await pool.say(pool.addresses[0], right)).toMatchObject({ code: 0 });
}, 60_000);
