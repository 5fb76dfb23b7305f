/** `otelgw run` takes other policies on while it holds traces: at SIGHUP, and from the file. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { deleteDirectories, makeDirectory } from '../testing/file-storage';
import { loopbackReceiver } from '../testing/otlp-loopback';
import { spans } from '../testing/span-builder';

afterEach(() => {
  CollectorProcess.killAll();
  deleteDirectories();
});

interface Ports {
  readonly otlp: number;
  readonly health: number;
  readonly metrics: number;
  readonly backend: number;
}

const config = ({ otlp, health, metrics, backend }: Ports, policies: string): string => `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${otlp}" } } } }
processors: { tail_sampling: { decision_wait: 60s, policies: [${policies}] } }
exporters: { otlp_http: { endpoint: "http://127.0.0.1:${backend}", compression: none } }
extensions: { health_check: { endpoint: "127.0.0.1:${health}" } }
service:
  extensions: [health_check]
  telemetry:
    logs: { encoding: json }
    metrics:
      readers: [{ pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metrics} } } } }]
  pipelines:
    traces: { receivers: [otlp], processors: [tail_sampling], exporters: [otlp_http] }
`;
const NONE = '{ name: none, type: probabilistic, probabilistic: { sampling_percentage: 0 } }';
const ALL = '{ name: all, type: always_sample }';

async function post(port: number, trace: string): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST', headers: { 'content-type': 'application/x-protobuf' }, body: spans([{ trace }]),
  });
  return status;
}

test('held traces stay and are decided by the new policies; a wrong file changes nothing',
  async () => {
    const { receiver, consumers } = loopbackReceiver();
    await receiver.start();
    const [otlp, health, metrics] = await freePorts(3);
    const ports = { otlp, health, metrics, backend: receiver.ports.http ?? 0 };
    const file = join(makeDirectory(), 'config.yaml');
    writeFileSync(file, config(ports, NONE));
    const collector = new CollectorProcess(['run', '--config', file]);
    await until('readiness', async () => (await get(health)).status === 200);
    expect(await post(otlp, 'a')).toBe(200);
    writeFileSync(file, 'processors: [');
    await until('a refusal', () => collector.stderr.includes('The new configuration is '));
    writeFileSync(file, config({ ...ports, otlp: otlp + 1 }, ALL));
    await until('a hint', () => collector.stderr.includes('stays until a restart'));
    writeFileSync(file, config(ports, ALL));
    collector.signal('SIGHUP');
    await until('a change', () => collector.stderr.includes('The new configuration is in force.'));
    expect(await post(otlp, 'b')).toBe(200);
    collector.signal('SIGTERM');
    expect((await collector.ended).code).toBe(0);
    expect(consumers.traces.items).toBe(2);
    await receiver.stop();
  });

test('a SIGHUP while the process ends, as of who watches a ConfigMap, does not end it at once',
  async () => {
    const { receiver, consumers } = loopbackReceiver();
    await receiver.start();
    const [otlp, health, metrics] = await freePorts(3);
    const file = join(makeDirectory(), 'config.yaml');
    writeFileSync(
      file, config({ otlp, health, metrics, backend: receiver.ports.http ?? 0 }, ALL));
    const collector = new CollectorProcess(['run', '--config', file, '--drain-delay', '500ms']);
    await until('readiness', async () => (await get(health)).status === 200);
    expect(await post(otlp, 'a')).toBe(200);
    collector.signal('SIGTERM');
    await until('the end', () => collector.stderr.includes('Received signal to stop.'));
    collector.signal('SIGHUP');
    const { code } = await collector.ended;
    await receiver.stop();
    expect([code, consumers.traces.items]).toEqual([0, 1]);
  });
