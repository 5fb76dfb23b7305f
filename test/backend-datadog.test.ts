/** Datadog, with contrib's collector and with its own. */
import { Duration, type Chart } from 'cdk8s';
import { complaints, synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, Retry, SecretReference, Signal,
} from '../src';

const apiKey = SecretReference.of('datadog-secret', 'api-key');
const datadog = Backend.datadog('datadog', { site: 'datadoghq.eu', apiKey });
const KEY = '${env:DATADOG_SECRET_API_KEY}';

function gateway(props: object = {}) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo: [datadog], ...props });
  });
}

function environment(objects: ReturnType<typeof gateway>, name = 'gateway') {
  const env = objects.podOf(name).spec.containers[0].env as {
    name: string; value?: string; valueFrom?: object;
  }[];
  return Object.fromEntries(
    env.map(({ name: key, value, valueFrom }) => [key, value ?? valueFrom]));
}

test('is sent to with a key that stands in a Secret only', () => {
  const objects = gateway();
  const { exporters, service } = objects.configOf('gateway');
  expect(exporters).toEqual({
    datadog: {
      api: { key: KEY, site: 'datadoghq.eu' },
      hostname: '${env:NODE_NAME}',
      traces: { compute_top_level_by_span_kind: true },
    },
  });
  expect(Object.keys(service.pipelines)).toEqual(['traces', 'metrics', 'logs']);
  expect(environment(objects).DATADOG_SECRET_API_KEY)
    .toEqual({ secretKeyRef: { name: 'datadog-secret', key: 'api-key' } });
});

test('is sent to as one wants it', () => {
  const { exporters, service } = gateway({
    exportTo: [Backend.datadog('second', {
      apiKey,
      signals: [Signal.TRACES],
      hostname: 'gateway',
      traces: { ignoreResources: ['GET /healthz'], traceBuffer: 100 },
      retry: Retry.upTo(Duration.minutes(10)),
    })],
  }).configOf('gateway');
  expect(exporters['datadog/second']).toEqual({
    api: { key: KEY, site: 'datadoghq.com' },
    hostname: 'gateway',
    traces: {
      ignore_resources: ['GET /healthz'], trace_buffer: 100, compute_top_level_by_span_kind: true,
    },
    retry_on_failure: { max_elapsed_time: '10m' },
  });
  expect(Object.keys(service.pipelines)).toEqual(['traces']);
});

test('takes contrib where no image was named', () => {
  expect(gateway().podOf('gateway').spec.containers[0].image).toMatch(/collector-contrib:/);
});

describe('Datadog\'s own collector', () => {
  const image = CollectorImage.datadog('7.76.0');
  const objects = gateway({ image });

  test('knows the account, and that it is a gateway', () => {
    expect(environment(objects)).toMatchObject({
      DD_API_KEY: { secretKeyRef: { name: 'datadog-secret', key: 'api-key' } },
      DD_SITE: 'datadoghq.eu',
      DD_OTELCOLLECTOR_GATEWAY_MODE: 'true',
      DD_HOSTNAME: { fieldRef: { fieldPath: 'spec.nodeName' } },
      DD_OTELCOLLECTOR_CONVERTER_FEATURES: 'zpages,pprof,datadog',
    });
  });

  test('tells Datadog that it is one', () => {
    const { extensions, service } = objects.configOf('gateway');
    expect(extensions.datadog).toEqual({
      api: { key: KEY, site: 'datadoghq.eu' },
      hostname: '${env:NODE_NAME}',
      deployment_type: 'gateway',
    });
    expect(service.extensions).toEqual(['health_check', 'datadog']);
  });

  test.each([
    ['7.74.9', false], ['7.75.0', true], ['8.0.0', true],
  ])('of version %s can be told so: %s', (version, can) => {
    const { extensions } = gateway({ image: CollectorImage.datadog(version) }).configOf('gateway');
    expect('datadog' in extensions).toBe(can);
  });

  test('needs no key where it only passes on', () => {
    const chain = synthesized((chart) => {
      const forwardTo = new GatewayDeployment(chart, 'gateway', { exportTo: [datadog], image });
      new AgentDaemonSet(chart, 'agent', { forwardTo, image });
    });
    const env = environment(chain, 'agent');
    expect(env).not.toHaveProperty('DD_API_KEY');
    expect(env).not.toHaveProperty('DD_OTELCOLLECTOR_GATEWAY_MODE');
    expect(Object.keys(chain.configOf('agent').extensions)).toEqual(['health_check']);
  });

  test('is told of one of two accounts', () => {
    const second = Backend.datadog('second', { apiKey: SecretReference.of('other', 'key') });
    const both = gateway({ image, exportTo: [datadog, second] });
    expect(environment(both).DD_SITE).toBe('datadoghq.eu');
    expect(both.configOf('gateway').service.extensions).toEqual(['health_check', 'datadog']);
  });

  test('is given a key once that has the right name already', () => {
    const given = Backend.datadog('datadog', { apiKey: SecretReference.of('dd', 'api-key') });
    const { env } = gateway({ image, exportTo: [given] }).podOf('gateway').spec.containers[0];
    expect(env.filter((each: any) => each.name === 'DD_API_KEY')).toHaveLength(1);
  });

  test('adds its tags first of all', () => {
    const { processors, service } = gateway({ image, infraAttributes: true }).configOf('gateway');
    expect(processors.infraattributes).toEqual({ cardinality: 2 });
    expect(service.pipelines.logs.processors)
      .toEqual(['memory_limiter', 'infraattributes', 'batch']);
  });

  test('does not add its tags where nothing goes to Datadog', () => {
    const build = (chart: Chart) => {
      const forwardTo = new GatewayDeployment(chart, 'gateway', { exportTo: [datadog], image });
      new AgentDaemonSet(chart, 'agent', { forwardTo, image, infraAttributes: true });
    };
    expect(complaints(build)).toEqual([
      expect.stringMatching(/infraAttributes: needs an exporter of Datadog .* → add Backend\.data/),
    ]);
  });
});
