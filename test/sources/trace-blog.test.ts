/** A blog's manifests for a trace gateway: agents and what the gateway does (A3.1 to A3.21). */
import { Chart } from 'cdk8s';
import { chartsOf } from './example';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, CollectorImage, GatewayDeployment, HostPorts,
  KubernetesAttribute, Resolver, SamplingPolicy, Signal, TailSamplingGateway, TelemetryTarget,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const objects = chartsOf('trace-gateway')('traces');
const agent = objects.configOf('otel-agent');
const gateway = objects.configOf('otel-gateway');
const container = (name: string) => objects.podOf(name).spec.containers[0];
const portsOf = (name: string) =>
  container(name).ports.map(({ containerPort }: any) => containerPort);
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];

const said = (build: (chart: Chart) => void) => complaints(build).join('\n');

/** What is said against a gateway of upstream's collector with these props. */
const gatewaySays = (props: object) => said((chart) => {
  new GatewayDeployment(
    chart, 'gateway', { exportTo, image: CollectorImage.contrib('0.159.0'), ...props });
});

describe('agents', () => {
  test('A3.1 all that can be in a namespace is in observability', () => {
    const elsewhere = objects.all.filter(({ metadata }) => metadata.namespace !== 'observability');
    expect(elsewhere.map(({ kind }) => kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
  });

  test('A3.2 an agent is a DaemonSet with an account and what that may do', () => {
    expect(objects.podOf('otel-agent').spec.serviceAccountName).toBe('otel-agent');
    expect(objects.has('ServiceAccount', 'otel-agent')).toBe(true);
    const { roleRef, subjects } = objects.get('ClusterRoleBinding', 'observability.otel-agent');
    expect(roleRef).toMatchObject({ kind: 'ClusterRole', name: 'observability.otel-agent' });
    expect(subjects)
      .toEqual([{ kind: 'ServiceAccount', name: 'otel-agent', namespace: 'observability' }]);
    expect(objects.podOf('otel-agent').metadata.annotations['checksum/config']).toMatch(/^\w{64}$/);
  });

  test('A3.2 applications reach the agent of their node', () => {
    expect(objects.get('Service', 'otel-agent').spec.internalTrafficPolicy).toBe('Local');
    const ports = synthesized((chart) => {
      new AgentDaemonSet(chart, 'agent', { exportTo, hostPorts: HostPorts.same() });
    }).podOf('agent').spec.containers[0].ports.map(({ hostPort }: any) => hostPort);
    expect(ports).toEqual([4317, 4318, undefined, undefined]);
  });

  test('A3.3 the collector is one of upstream that reads the ConfigMap', () => {
    const { image, imagePullPolicy, args, volumeMounts } = container('otel-agent');
    expect(image).toBe('otel/opentelemetry-collector-k8s:0.159.0');
    expect(imagePullPolicy).toBe('IfNotPresent');
    expect(args).toEqual(['--config', '/etc/otelgw/collector.yaml']);
    expect(volumeMounts)
      .toContainEqual({ name: 'config', mountPath: '/etc/otelgw', readOnly: true });
    expect(objects.podOf('otel-agent').spec.volumes)
      .toContainEqual({ name: 'config', configMap: { name: 'otel-agent-config' } });
  });

  test('A3.3 a collector that is too old is refused, and a digest is taken', () => {
    expect(gatewaySays({ image: CollectorImage.contrib('0.92.0') }))
      .toContain('image: must be of version 0.120.0 or newer, got 0.92.0');
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(CollectorImage.contrib('0.159.0', { digest }).image)
      .toBe(`otel/opentelemetry-collector-contrib:0.159.0@${digest}`);
  });

  test('A3.4 agents listen on 4317, 4318, 8888 and for probes', () => {
    expect(portsOf('otel-agent')).toEqual([4317, 4318, 8888, 13_133]);
  });

  test('A3.5 agents have 512 MiB of their own, and CPU without a limit', () => {
    expect(container('otel-agent').resources)
      .toEqual({ requests: { cpu: '200m', memory: '512Mi' }, limits: { memory: '512Mi' } });
  });

  test.each([['A3.6', agent], ['A3.12', gateway]])(
    '%s OTLP is taken in on all addresses of the pod, by gRPC and HTTP', (_item, { receivers }) => {
      const { grpc, http } = receivers.otlp.protocols;
      expect([grpc.endpoint, http.endpoint])
        .toEqual(['[${env:POD_IP}]:4317', '[${env:POD_IP}]:4318']);
    });

  test('A3.7 agents wait 200 ms for 1000 spans', () => {
    expect(agent.processors.batch).toMatchObject({ timeout: '200ms', send_batch_size: 1000 });
  });

  test('A3.8 agents add four attributes of pods on their own node', () => {
    const { auth_type: authType, passthrough, extract, filter } = agent.processors.k8s_attributes;
    expect([authType, passthrough]).toEqual(['serviceAccount', undefined]);
    expect(extract.metadata)
      .toEqual(['k8s.namespace.name', 'k8s.pod.name', 'k8s.pod.uid', 'k8s.node.name']);
    expect(filter).toEqual({ node_from_env_var: 'NODE_NAME' });
    expect(container('otel-agent').env).toContainEqual(
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } });
  });

  test.each([
    ['A3.9', agent, 'otel-agent', 409, '327MiB'],
    ['A3.16', gateway, 'otel-gateway', 1638, '1310MiB'],
  ])('%s the limiter refuses before its container is full', (
    _item, { processors }, name, limit, goLimit,
  ) => {
    expect(processors.memory_limiter)
      .toEqual({ check_interval: '1s', limit_mib: limit, spike_limit_mib: Math.floor(limit / 5) });
    expect(container(name).env).toContainEqual({ name: 'GOMEMLIMIT', value: goLimit });
  });

  test('A3.10 agents spread traces over the ready pods of the gateway', () => {
    const { routing_key: key, protocol, resolver }
      = agent.exporters['load_balancing/otel-gateway'];
    expect([key, protocol.otlp.tls]).toEqual(['traceID', { insecure: true }]);
    expect(resolver.k8s).toMatchObject({ service: 'otel-gateway.observability', ports: [4317] });
    expect(agent.service.pipelines.traces.processors)
      .toEqual(['memory_limiter', 'k8s_attributes', 'batch']);
  });

  test('A3.10 a name with one address for all pods is refused', () => {
    expect(said((chart) => {
      new TailSamplingGateway(chart, 'otel-gateway', { exportTo, policies, tracePeers: false });
      new AgentDaemonSet(chart, 'otel-agent', {
        forwardTo: TelemetryTarget.external('gateway', {
          resolver: Resolver.dns('otel-gateway.observability.svc.cluster.local'), insecure: true,
        }),
      });
    })).toContain('→ use the headless Service (otel-gateway-headless)');
  });

  test('A3.11 agents may look at pods, and know of nothing else', () => {
    expect(objects.get('ClusterRole', 'observability.otel-agent').rules)
      .toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }]);
    expect(objects.get('Role', 'otel-agent-finds-otel-gateway').rules).toEqual([{
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
      verbs: ['get', 'list', 'watch'],
    }]);
  });

  test('A3.11 permissions follow what is looked up', () => {
    const { rules } = synthesized((chart) => {
      new AgentDaemonSet(chart, 'agent', {
        exportTo,
        kubernetesAttributes: {
          extract: [KubernetesAttribute.DEPLOYMENT_NAME], deploymentNameFromReplicaSet: false,
        },
      });
    }).get('ClusterRole', 'observability.agent');
    expect(rules.flatMap(({ resources }: any) => resources)).toContain('replicasets');
  });
});

describe('the gateway', () => {
  test('A3.12 it is a StatefulSet whose autoscaler alone says how many pods there are', () => {
    const { spec } = objects.get('StatefulSet', 'otel-gateway');
    expect(spec.replicas).toBeUndefined();
    expect(objects.get('HorizontalPodAutoscaler', 'otel-gateway').spec.minReplicas).toBe(5);
    expect(portsOf('otel-gateway')).toEqual([4317, 4318, 8888, 13_133]);
    expect(spec.template.spec).toMatchObject({
      serviceAccountName: 'otel-gateway', automountServiceAccountToken: false,
    });
  });

  test('A3.12 what it does not take is not sent to it', () => {
    expect(objects.all.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) =>
      Object.keys(objects.configOf(metadata.name.replace('-config', '')).service.pipelines)))
      .toEqual([['traces'], ['traces']]);
    expect(said((chart) => {
      const forwardTo = new TailSamplingGateway(
        chart, 'gateway', { exportTo, policies, signals: [Signal.TRACES] });
      new AgentDaemonSet(chart, 'agent', { forwardTo, signals: [Signal.TRACES, Signal.METRICS] });
    })).toContain('signals: gateway does not take metrics');
  });

  test('A3.13 it gathers 2000 spans for 10 s at most', () => {
    expect(gateway.processors.batch).toMatchObject({ timeout: '10s', send_batch_size: 2000 });
  });

  test('A3.14 it keeps errors, what takes a second, and a tenth of the rest', () => {
    expect(gateway.processors.tail_sampling).toMatchObject({
      decision_wait: '10s',
      num_traces: 100_000,
      expected_new_traces_per_sec: 200,
      policies: [
        { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
        { name: 'slow', type: 'latency', latency: { threshold_ms: 1000 } },
        {
          name: 'probabilistic',
          type: 'probabilistic',
          probabilistic: { sampling_percentage: 10 },
        },
      ],
    });
  });

  test('A3.14 a pod has time to decide about what it holds', () => {
    expect(objects.podOf('otel-gateway').spec.terminationGracePeriodSeconds).toBe(35);
    expect(container('otel-gateway').lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
  });

  test('A3.15 the cluster is named as conventions have it', () => {
    expect(gateway.processors.resource.attributes)
      .toEqual([{ key: 'k8s.cluster.name', action: 'upsert', value: 'production-us-east-1' }]);
  });

  test('A3.17 Tempo is spread over by trace, with a queue before the choice', () => {
    const { routing_key: key, protocol: { otlp }, resolver, ...delivery }
      = gateway.exporters['load_balancing/tempo'];
    expect(key).toBe('traceID');
    expect(resolver.static.hostnames).toEqual([0, 1, 2].map((n) =>
      `tempo-distributor-${n}.tempo-distributor.observability.svc.cluster.local:4317`));
    expect(delivery.sending_queue)
      .toEqual({ enabled: true, num_consumers: 10, queue_size: 5000 });
    expect(delivery.retry_on_failure).toMatchObject(
      { initial_interval: '5s', max_interval: '30s', max_elapsed_time: '5m' });
    expect([otlp.endpoint, otlp.sending_queue, otlp.retry_on_failure])
      .toEqual([undefined, { enabled: false }, { enabled: false }]);
  });

  test('A3.18 Jaeger is found by a name that has all addresses', () => {
    expect(gateway.exporters['load_balancing/jaeger'].resolver).toEqual({
      dns: { hostname: 'jaeger-collector-headless.observability.svc', port: '4317' },
    });
  });

  test('A3.19 an exporter for Prometheus is where Prometheus looks, and gets metrics', () => {
    const written = synthesized((chart) => {
      new GatewayDeployment(
        chart, 'gateway', { exportTo: [...exportTo, Backend.prometheus('prometheus')] });
    });
    const { exporters, service } = written.configOf('gateway');
    expect(exporters.prometheus.endpoint).toBe('[${env:POD_IP}]:8889');
    expect(service.pipelines.metrics.exporters).toContain('prometheus');
    expect(written.get('Service', 'gateway').spec.ports).toContainEqual(
      expect.objectContaining({ port: 8889, targetPort: 'prom-8889' }));
  });

  test('A3.19 one to which nothing comes is refused', () => {
    expect(gatewaySays({
      signals: [Signal.TRACES], exportTo: [...exportTo, Backend.prometheus('prometheus')],
    })).toContain('exporters.prometheus: is not used by any pipeline');
  });

  test('A3.20 collectors tell of themselves on 8888 of their pod', () => {
    const [{ pull }] = gateway.service.telemetry.metrics.readers;
    expect(pull.exporter.prometheus).toMatchObject({ host: '${env:POD_IP}', port: 8888 });
  });

  test('A3.20 the former way to say so is refused', () => {
    const config = CollectorConfigOverrides.fromYaml(
      'service: {telemetry: {metrics: {address: ":8888"}}}');
    expect(gatewaySays({ config }))
      .toContain('service.telemetry.metrics.address: exists before 0.123 only');
  });

  test('A3.21 traces are limited, sampled, named and gathered, and go to both stores', () => {
    expect(gateway.service.pipelines.traces).toEqual({
      receivers: ['otlp'],
      processors: ['memory_limiter', 'tail_sampling', 'resource', 'batch'],
      exporters: ['load_balancing/tempo', 'load_balancing/jaeger'],
    });
  });
});
