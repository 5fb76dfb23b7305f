/** The real collector with what an agent of an example writes about metrics. */
import { stringify } from 'yaml';
import { startUpstream } from './upstream-collector';
import { createPayload } from '../../runtime/pipeline/payload';
import { freePorts, get, until } from '../../runtime/testing/collector-process';
import { loopbackExporter, loopbackReceiver } from '../../runtime/testing/otlp-loopback';
import { metricPoints } from '../../runtime/testing/span-builder';
import { chartsOf } from '../sources/example';

const STREAMS = 40;
const ROUNDS = 3;
const exporterId = 'load_balancing/gateway';

/** The agent's configuration without what other components of it need. */
function agent(otlp: number, health: number, gateways: readonly number[]): string {
  const { exporters } = chartsOf('gateway-two-tier')('combined').configOf('agent');
  return stringify({
    receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${otlp}` } } } },
    exporters: {
      [exporterId]: {
        ...exporters[exporterId],
        resolver: { static: { hostnames: gateways.map((port) => `127.0.0.1:${port}`) } },
      },
    },
    extensions: { health_check: { endpoint: `127.0.0.1:${health}` } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { metrics: { receivers: ['otlp'], exporters: [exporterId] } },
    },
  });
}

test('A2.10 all points of a stream pass the same one of three gateways', async () => {
  const gateways = [0, 1, 2].map(() => loopbackReceiver());
  await Promise.all(gateways.map(({ receiver }) => receiver.start()));
  const [otlp, health] = await freePorts(2);
  const collector = startUpstream(
    agent(otlp, health, gateways.map(({ receiver }) => receiver.ports.grpc!)));
  await until('the collector', async () => (await get(health)).status === 200);
  const { exporter } = loopbackExporter(
    'otlp_grpc', { endpoint: `127.0.0.1:${otlp}` }, ['metrics']);
  await exporter.start();
  const streams = Array.from({ length: STREAMS }, (_, index) => `stream-${index}.`);
  for (let round = 0; round < ROUNDS; round += 1) {
    const points = streams.map((stream) =>
      ({ metric: 'orders', value: round, service: 'shop', attributes: { stream } }));
    await exporter.consume(createPayload('metrics', [metricPoints(points)], STREAMS));
  }
  const taken = () => gateways.map(({ consumers }) => consumers.metrics.items);
  await until('all points', () => taken().reduce((a, b) => a + b) === STREAMS * ROUNDS);
  await exporter.stop();
  collector.kill('SIGKILL');
  const texts = gateways.map(({ consumers }) => consumers.metrics.bytes.toString('latin1'));
  const passed = streams.map((stream) =>
    texts.map((text) => text.split(stream).length - 1).filter((points) => points > 0));
  expect(passed).toEqual(streams.map(() => [ROUNDS]));
  expect(taken().every((points) => points > 0)).toBe(true);
  await Promise.all(gateways.map(({ receiver }) => receiver.stop()));
}, 60_000);
