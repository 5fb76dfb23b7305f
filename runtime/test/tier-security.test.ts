/**
 * Two processes with the configurations that the constructs write for an encrypted sampler and for
 * the agent in front of it. Only addresses and the folders of certificates are other ones.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { securedTiers } from '../../test/security/secured-tiers';
import { CertificateAuthority, type Certificate } from '../local-cluster/certificate';
import { CollectorProcess, until } from '../testing/collector-process';
import { loopbackReceiver, type LoopbackReceiver } from '../testing/otlp-loopback';

const SAMPLER = 'sampler.observability.svc.cluster.local';
const TRACE = JSON.stringify({
  resourceSpans: [{
    scopeSpans: [{
      spans: [{
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', name: 'GET /',
      }],
    }],
  }],
});

interface Exporter {
  readonly protocol: { readonly otlp: { tls: Record<string, string> } };
  resolver: object;
}

interface Configuration {
  readonly exporters: Record<string, Exporter & { endpoint: string }>;
}

/** The end of a chain: an agent, a sampler and a store, each on an address of its own. */
class Chain {
  private static turn = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), 'otelgw-tiers-'));
  private readonly authority = new CertificateAuthority(Date.now(), 'telemetry-ca');
  private readonly addresses: readonly string[];
  private agent?: CollectorProcess;
  private sampler?: CollectorProcess;

  public constructor(private readonly store: LoopbackReceiver) {
    // Addresses that no other test listens on, so that ports are those of the manifests.
    const net = `127.${100 + process.pid % 100}.${Chain.turn++}`;
    this.addresses = [`${net}.2`, `${net}.3`];
  }

  /** Starts both processes, with a certificate of `names` for the sampler. */
  public async start(
    isMutual: boolean, names: (written: readonly string[]) => readonly string[],
    change: (tls: Record<string, string>) => void,
  ): Promise<void> {
    const tiers = securedTiers(isMutual);
    const [samplerIp, agentIp] = this.addresses;
    this.write('server', this.authority.issue(names(tiers.serverNames)));
    this.write('client', this.authority.issue(['agent']));
    const sampler = parse(tiers.sampler) as Configuration;
    sampler.exporters['otlp_grpc/store'].endpoint = `127.0.0.1:${this.store.receiver.ports.grpc}`;
    this.sampler = await this.run(sampler, samplerIp);
    const agent = parse(tiers.agent) as Configuration;
    const exporter = agent.exporters['load_balancing/sampler'];
    // The Kubernetes API would give the same: addresses of pods, which no certificate holds.
    exporter.resolver = { static: { hostnames: [`${samplerIp}:4317`] } };
    change(exporter.protocol.otlp.tls);
    this.agent = await this.run(agent, agentIp);
  }

  /** Gives a span to the agent; the status that it answers. */
  public async send(): Promise<number> {
    const { status } = await fetch(`http://${this.addresses[1]}:4318/v1/traces`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: TRACE,
    });
    return status;
  }

  /** What the agent has told so far. */
  public get said(): string {
    return this.agent?.stderr ?? '';
  }

  /** Ends both. */
  public async stop(): Promise<void> {
    for (const collector of [this.agent, this.sampler]) {
      collector?.signal('SIGKILL');
      await collector?.ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(config: Configuration, address: string): Promise<CollectorProcess> {
    const text = stringify(config).replaceAll('/etc/otelgw/tls', this.folder);
    const collector = new CollectorProcess(
      ['run', '--config', `yaml:${text}`], { POD_IP: address });
    await until(`a collector on ${address}`, async () =>
      (await fetch(`http://${address}:13133`).catch(() => undefined))?.status === 200);
    return collector;
  }

  /** A Secret of the type kubernetes.io/tls, as it is mounted. */
  private write(folder: string, { cert, key }: Certificate): void {
    const path = join(this.folder, folder);
    mkdirSync(path);
    const files = { 'tls.crt': cert, 'tls.key': key, 'ca.crt': this.authority.cert };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  }
}

let store: LoopbackReceiver;
let chain: Chain;

beforeEach(async () => {
  store = loopbackReceiver();
  await store.receiver.start();
  chain = new Chain(store);
});

afterEach(async () => {
  await chain.stop();
  await store.receiver.stop();
});

afterAll(() => CollectorProcess.killAll());

function items(): number {
  return store.consumers.traces.items;
}

const asWritten = (names: readonly string[]): readonly string[] => names;
const unchanged = (): void => undefined;

test.each([
  ['TLS', false],
  ['mutual TLS', true],
])('a span goes from agent to sampler to store by %s', async (_mode, isMutual) => {
  await chain.start(isMutual, asWritten, unchanged);
  expect(await chain.send()).toBe(200);
  await until('a span in the store', () => items() === 1);
  expect(chain.said).not.toMatch(/altnames|certificate/);
});

test('a sampler with a certificate for other names gets nothing', async () => {
  await chain.start(true, (names) => names.map((name) => `${name}.elsewhere`), unchanged);
  expect(await chain.send()).toBe(200);
  await until('a refusal', () => chain.said.includes(
    `Host: ${SAMPLER}. is not in the cert's altnames`));
  expect(items()).toBe(0);
});

test.each([
  ['without a certificate is refused', true, (tls: Record<string, string>): void => {
    delete tls.cert_file;
    delete tls.key_file;
  }],
  ['that trusts nobody in particular refuses', false, (tls: Record<string, string>): void => {
    delete tls.ca_file;
  }],
])('an agent %s', async (_what, isMutual, change) => {
  await chain.start(isMutual, asWritten, change);
  expect(await chain.send()).toBe(200);
  await until('a refusal', () =>
    /certificate required|closed by the peer|ECONNRESET|EPIPE|unable to/.test(chain.said));
  expect(items()).toBe(0);
});
