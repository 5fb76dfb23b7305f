import { telemetry } from '../config';
import { createTelemetry } from './process-telemetry';
import { FakeClock } from '../testing/fake-clock';

function telemetryOf(yaml: unknown) {
  const { settings, problems } = telemetry.read(yaml);
  expect(problems).toEqual([]);
  if (settings === undefined) throw new TypeError('service.telemetry: must be readable, got none');
  return createTelemetry(settings, { name: 'otelgw', version: '1.2.3', clock: new FakeClock() });
}

describe('createTelemetry', () => {
  it('shows the process\'s own figures and who it is, at one server', async () => {
    const { metrics, servers } = telemetryOf({});
    const text = await metrics.text();
    expect(text).toMatch(/^target_info\{service_instance_id="[-0-9a-f]{36}",/m);
    expect(text).toContain(',service_name="otelgw",service_version="1.2.3"} 1\n');
    expect(text).toMatch(/^otelcol_process_uptime 0$/m);
    expect(servers).toHaveLength(1);
  });

  it('lets the configuration add, replace and take away attributes of the process', async () => {
    const { metrics } = telemetryOf({
      resource: {
        'service.name': 'gateway', 'service.instance.id': null, 'k8s.pod.name': 'a',
      },
    });
    expect(await metrics.text()).toMatch(
      /^target_info\{k8s_pod_name="a",service_name="gateway",service_version="1.2.3"\} 1$/m);
  });

  it('serves nothing at level none', () => {
    expect(telemetryOf({ metrics: { level: 'none' } }).servers).toEqual([]);
  });
});
