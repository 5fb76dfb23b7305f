/**
 * Follows every exporter of the examples through the manifests, as packets would go: endpoint →
 * Service → port of the pod → receiver. It knows nothing of how the constructs make them.
 */
import { parse } from 'yaml';
import { exampleNames, objectsIn, synthesizeExample, type Manifest } from './example-objects';

/** Stores that are not part of the examples. */
const OUTSIDE = new Set([
  'trace-store:4317', 'backend.example.com:4317', 'https://backend.example.com:4317',
  'collector-1.example.com:4317', 'collector-2.example.com:5317', 'collector-3.example.com',
  'collectors.example.com:5317', 'https://otlp.example.com',
  ...[0, 1, 2].map((n) =>
    `tempo-distributor-${n}.tempo-distributor.observability.svc.cluster.local:4317`),
  'jaeger-collector-headless.observability.svc:4317',
]);

interface Tier {
  readonly chart: string;
  readonly objects: readonly Manifest[];
  readonly workload: Manifest;
  readonly config: any;
}

const TIERS: readonly Tier[] = exampleNames.flatMap((example) =>
  synthesizeExample(example).flatMap(({ name, text }) => {
    const objects = objectsIn(text);
    return objects.filter(({ kind, metadata }) => /^(DaemonSet|Deployment|StatefulSet)$/.test(kind)
      && metadata.labels?.['app.kubernetes.io/name'] === 'otel-collector')
      .map((workload) => {
        const map = workload.spec.template.spec.volumes[0].configMap.name;
        const { data } = objects.find(({ kind, metadata }) =>
          kind === 'ConfigMap' && metadata.name === map)!;
        return {
          chart: `${example}/${name}`, objects, workload, config: parse(data['collector.yaml']),
        };
      });
  }));

interface Hop {
  readonly chart: string;
  readonly from: string;
  readonly exporter: string;
  readonly host: string;
  readonly port: number;
  readonly objects: readonly Manifest[];
  readonly sender: Manifest;
  readonly isWatched: boolean;
  readonly isRouted: boolean;
}

function addressesOf(exporter: any): { text: string; isWatched?: boolean; isRouted?: boolean }[] {
  if (exporter.resolver === undefined) {
    return exporter.endpoint === undefined || exporter.endpoint.includes('/api/')
      ? [] : [{ text: exporter.endpoint }];
  }
  const { static: listed, dns, k8s } = exporter.resolver;
  if (listed !== undefined) return listed.hostnames.map((text: string) => ({ text }));
  if (dns !== undefined) return [{ text: `${dns.hostname}:${dns.port}`, isRouted: true }];
  return [{ text: `${k8s.service}:${k8s.ports[0]}`, isWatched: true, isRouted: true }];
}

const HOPS: readonly Hop[] = TIERS.flatMap(({ chart, objects, workload, config }) =>
  Object.entries(config.exporters).flatMap(([exporter, settings]) => addressesOf(settings)
    .filter(({ text }) => !OUTSIDE.has(text))
    .map(({ text, isWatched = false, isRouted = false }) => {
      const [, host, port] = /^(?:dns:\/\/\/)?([^:/]+):(\d+)$/.exec(text) ?? [];
      return {
        chart,
        from: workload.metadata.name,
        exporter,
        host,
        port: Number(port),
        objects,
        sender: workload,
        isWatched,
        isRouted,
      };
    })));

function serviceOf({ host, objects }: Hop): Manifest {
  const [name, namespace] = host.split('.');
  return objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name
    && metadata.namespace === namespace)!;
}

function receiverOf(hop: Hop): Tier {
  const { selector } = serviceOf(hop).spec;
  return TIERS.find(({ chart, workload }) => chart === hop.chart && Object.entries(selector)
    .every(([key, value]) => workload.spec.template.metadata.labels[key] === value))!;
}

test('there are hops between tiers in the examples', () => {
  expect(HOPS.length).toBeGreaterThan(10);
});

test.each(HOPS)('$chart: $from reaches a receiver through $exporter', (hop) => {
  const service = serviceOf(hop);
  const servicePort = service.spec.ports.find(({ port }: any) => port === hop.port);
  const { workload, config } = receiverOf(hop);
  const { tls } = config.receivers.otlp.protocols.grpc;
  expect(servicePort.appProtocol).toBe(tls === undefined ? 'grpc' : 'https');
  const container = workload.spec.template.spec.containers[0];
  const { containerPort } = container.ports.find(
    ({ name }: any) => name === servicePort.targetPort);
  expect(config.receivers.otlp.protocols.grpc.endpoint).toBe(`[\${env:POD_IP}]:${containerPort}`);
});

test.each(HOPS)('$chart: $from spreads over all pods behind $exporter', (hop) => {
  const { clusterIP } = serviceOf(hop).spec;
  expect(hop.isWatched || clusterIP === 'None').toBe(true);
});

test.each(HOPS)('$chart: what $from sends through $exporter has a pipeline there', (hop) => {
  const { config } = receiverOf(hop);
  const sender = TIERS.find(({ chart, workload }) =>
    chart === hop.chart && workload === hop.sender)!;
  const signals = Object.entries<any>(sender.config.service.pipelines)
    .filter(([, { exporters }]) => exporters.includes(hop.exporter)).map(([signal]) => signal);
  expect(Object.keys(config.service.pipelines)).toEqual(expect.arrayContaining(signals));
  if (config.processors.tail_sampling !== undefined && signals.includes('traces')) {
    expect(hop.isRouted).toBe(true);
  }
});

test.each(HOPS.filter(({ isWatched }) => isWatched))(
  '$chart: $from may ask who is behind $exporter, in that namespace only', (hop) => {
    const { serviceAccountName, automountServiceAccountToken } = hop.sender.spec.template.spec;
    const { namespace } = hop.sender.metadata;
    const bindings = hop.objects.filter(({ kind, subjects }) => kind === 'RoleBinding'
      && subjects[0].name === serviceAccountName && subjects[0].namespace === namespace);
    const roles = bindings.map(({ roleRef, metadata }) => hop.objects.find((object) =>
      object.kind === roleRef.kind && object.metadata.name === roleRef.name
      && object.metadata.namespace === metadata.namespace)!)
      .filter(({ rules }) => rules[0].resources.includes('endpointslices'));
    expect(roles.map((role) => [role.metadata.namespace, role.rules[0]])).toEqual([
      [serviceOf(hop).metadata.namespace, {
        apiGroups: ['discovery.k8s.io'],
        resources: ['endpointslices'],
        verbs: ['get', 'list', 'watch'],
      }],
    ]);
    expect(automountServiceAccountToken).toBe(true);
  });

test('pods that look nothing up get no token, and no role', () => {
  const watching = new Set(HOPS.filter(({ isWatched }) => isWatched).map(({ sender }) => sender));
  // What looks something up beside other pods, by the words of its configuration.
  const asking
    = /"(k8s_attributes|kubelet_stats|k8s_cluster|k8s_events|k8s_api|trace_peers)[":]/;
  const others = TIERS.filter(({ workload, config }) =>
    !watching.has(workload) && !asking.test(JSON.stringify(config)));
  expect(others.length).toBeGreaterThan(5);
  for (const { workload, objects } of others) {
    const { serviceAccountName, automountServiceAccountToken } = workload.spec.template.spec;
    expect(automountServiceAccountToken).toBe(false);
    expect(objects.filter(({ subjects = [] }) => subjects[0]?.name === serviceAccountName))
      .toEqual([]);
  }
});
