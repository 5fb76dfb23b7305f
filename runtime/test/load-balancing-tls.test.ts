/** Certificates with which backends are reached, and files of them that are not there. */
import { readFileSync, rmSync, writeFileSync } from 'fs';
import { systemClock } from '../clock';
import { loadBalancingExporter, type LoadBalancingSettings } from '../config';
import {
  createLoadBalancingExporter, LoadBalancingExporter, networkOf,
} from '../exporters/load-balancing/load-balancing';
import type { BackendsListener } from '../routing/resolver';
import { exporterContext } from '../testing/component-context';
import { loopbackReceiver } from '../testing/otlp-loopback';
import { samplePayload } from '../testing/sample-payload';
import { makeTestCertificates, type TestCertificates } from '../testing/test-certificates';

let certificates: TestCertificates;
const ends: (() => unknown)[] = [];

beforeAll(() => { certificates = makeTestCertificates(); }, 60_000);
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => certificates.remove());

function contextOf() {
  return { ...exporterContext('load_balancing', ['traces']), clock: systemClock };
}

function settingsOf(caFile: string): LoadBalancingSettings {
  const { settings, problems } = loadBalancingExporter.read({
    protocol: { otlp: { tls: { ca_file: caFile } } },
    retry_on_failure: { enabled: true, initial_interval: '50ms' },
    resolver: { static: { hostnames: ['localhost:1'] } },
  });
  expect(problems).toEqual([]);
  return settings as LoadBalancingSettings;
}

test('an authority that cannot be read stops the start', async () => {
  const exporter = createLoadBalancingExporter(settingsOf('/nowhere/ca.pem'), contextOf());
  ends.push(() => exporter.stop());
  await expect(exporter.start()).rejects.toThrow('tls.ca_file: must name a file that can be read');
});

test('a backend that comes while the authority cannot be read is reached when it can', async () => {
  const { receiver, consumers, context: { log } } = loopbackReceiver({
    tls: { cert_file: certificates.server.certFile, key_file: certificates.server.keyFile },
  });
  await receiver.start();
  ends.push(() => receiver.stop());
  const port = log.lines.find(({ fields }) => fields.transport === 'grpc')?.fields.port;
  const context = contextOf();
  const settings = settingsOf(certificates.caFile);
  let tell: BackendsListener = () => undefined;
  const exporter = new LoadBalancingExporter(settings, context, {
    ...networkOf(settings, context),
    resolver: {
      kind: 'static', start: async (listener) => { tell = listener; }, stop: async () => undefined,
    },
  });
  await exporter.start();
  ends.push(() => exporter.stop());
  const authority = readFileSync(certificates.caFile);
  rmSync(certificates.caFile);
  tell([`localhost:${String(port)}`]);
  expect(context.log.messages('error')).toEqual(['failed to start new exporter for endpoint']);
  await exporter.consume(samplePayload('traces', 2));
  writeFileSync(certificates.caFile, authority);
  await exporter.stop();
  expect(consumers.traces.items).toBe(2);
});
