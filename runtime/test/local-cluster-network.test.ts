import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decode, encode, type Packet } from 'dns-packet';
import { AddressPlan, listenOn } from '../local-cluster/address-plan';
import { DnsServer, type NameRecords } from '../local-cluster/dns-server';

describe('cluster DNS', () => {
  const names = new Map<string, NameRecords>([
    ['sampler.tests.svc.cluster.local', { addresses: ['127.64.4.1', '127.64.4.2'] }],
    ['_otlp._tcp.sampler.tests.svc.cluster.local', {
      addresses: [],
      services: [{ port: 4317, target: 'sampler-0.sampler.tests.svc.cluster.local' }],
    }],
  ]);
  const server = new DnsServer((name) => names.get(name));
  let plan: AddressPlan;

  beforeAll(async () => {
    plan = await AddressPlan.claim();
    await server.start(plan.dns, 20_053);
  });

  afterAll(async () => {
    await server.stop();
    await plan.release();
  });

  function ask(type: 'A' | 'AAAA' | 'SRV', name: string): Promise<Packet> {
    return new Promise((resolve) => {
      const socket = createSocket('udp4', (bytes) => {
        socket.close();
        resolve(decode(bytes));
      });
      socket.send(encode({ type: 'query', id: 7, questions: [{ type, name }] }), 20_053, plan.dns);
    });
  }

  test.each([
    ['every address of a name', 'A', 'Sampler.tests.svc.cluster.local', 'NOERROR', 2],
    ['no IPv6 address, but not that there is no such name', 'AAAA',
      'sampler.tests.svc.cluster.local', 'NOERROR', 0],
    ['where a port is served', 'SRV', '_otlp._tcp.sampler.tests.svc.cluster.local', 'NOERROR', 1],
    ['that a name does not exist', 'A', 'nobody.tests.svc.cluster.local', 'NXDOMAIN', 0],
  ] as const)('answers %s', async (_what, type, name, code, count) => {
    const packet = await ask(type, name) as Packet & { readonly rcode: string };
    expect(packet.rcode).toBe(code);
    expect(packet.answers).toHaveLength(count);
  });

  test('answers as before while it is frozen', async () => {
    const name = 'sampler.tests.svc.cluster.local';
    const before = names.get(name);
    await ask('A', name);
    server.freeze();
    names.set(name, { addresses: ['127.64.4.3'] });
    const frozen = await ask('A', name);
    server.thaw();
    const thawed = await ask('A', name);
    names.set(name, before ?? { addresses: [] });
    expect([frozen, thawed].map(({ answers }) => answers?.length)).toEqual([2, 1]);
  });

  test('gives no answer to bytes that are no question, and lives on', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => {
      socket.send(Buffer.from('hello'), 20_053, plan.dns, () => socket.close(() => resolve()));
    });
    const packet = await ask('A', 'sampler.tests.svc.cluster.local');
    expect(packet.answers).toHaveLength(2);
  });
});

describe('addresses', () => {
  test('are different for clusters that run side by side', async () => {
    const [first, second] = [await AddressPlan.claim(), await AddressPlan.claim()];
    const [a, b] = [first.next('pod'), second.next('pod')];
    await Promise.all([first.release(), second.release()]);
    expect(a).not.toBe(b);
  });

  test('are never given twice', async () => {
    const plan = await AddressPlan.claim();
    const given = Array.from({ length: 600 }, () => plan.next('pod'));
    await plan.release();
    expect(new Set(given).size).toBe(600);
  });

  test('that cannot be had are named with the reason', async () => {
    const plan = await AddressPlan.claim();
    const address = plan.next('service');
    const [first, second] = [createServer(), createServer()];
    await listenOn(first, address, 18_000);
    await expect(listenOn(second, address, 18_000)).rejects.toThrow(
      `${address}:18000 must be free to use, got: another process listens there`);
    await expect(listenOn(second, '192.0.2.1', 18_000)).rejects.toThrow(
      '192.0.2.1:18000 must be free to use, got: this machine has no such loopback address');
    await new Promise((resolve) => first.close(resolve));
    await plan.release();
  });
});

describe('a process group', () => {
  test('ends when the process that started it is killed', async () => {
    const owner = spawn(process.execPath, [
      '--import', pathToFileURL(require.resolve('tsx')).href,
      join(__dirname, 'fixtures/group-owner.ts'),
    ], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) => {
      owner.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
    });
    const isAlive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    expect(isAlive()).toBe(true);
    owner.kill('SIGKILL');
    const deadline = Date.now() + 5000;
    while (isAlive() && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(isAlive()).toBe(false);
  });
});
