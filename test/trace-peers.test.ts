import { Duration } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, CertificateIssuer, CollectorConfigOverrides, CollectorImage, Discovery,
  MultiLayerGateway, PeersNetworkPolicy, SamplingPolicy, Scaling, SecretReference,
  TailSamplingGateway, TransportSecurity,
} from '../src';

const policies = [SamplingPolicy.alwaysSample('all')];
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function sampler(props: object = {}) {
  return synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, tracePeers: true, ...props });
  });
}

/** Props of a sampler whose pods call each other there. */
function at(endpoint: string) {
  return {
    config: CollectorConfigOverrides.fromYaml(
      `extensions: {trace_peers: {endpoint: '${endpoint}'}}`),
  };
}

test('pods of a sampler are one sampler, and find each other as senders find them', () => {
  const { extensions, processors, service } = sampler().configOf('sampler');
  expect(processors.tail_sampling.peers).toBe('trace_peers');
  expect(service.extensions).toEqual(['health_check', 'trace_peers']);
  expect(extensions.trace_peers).toEqual({
    address: '${env:POD_IP}',
    resolver: { k8s: { service: 'sampler.observability', ports: [4317], timeout: '1m' } },
    resolver_delay: '10s',
  });
});

test('they may read the EndpointSlices of their own Service', () => {
  const objects = sampler();
  expect(objects.get('Role', 'sampler-finds-sampler').rules).toEqual([{
    apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'],
  }]);
  expect(objects.get('RoleBinding', 'sampler-finds-sampler').subjects).toEqual([
    { kind: 'ServiceAccount', name: 'sampler', namespace: 'observability' },
  ]);
  expect(objects.podOf('sampler').spec.automountServiceAccountToken).toBe(true);
});

test('by DNS a Service of its own tells them who is not ready, and they need no permission', () => {
  const objects = sampler({ discovery: Discovery.DNS });
  expect(objects.configOf('sampler').extensions.trace_peers).toMatchObject({
    resolver: { dns: { hostname: 'sampler-headless.observability.svc.cluster.local' } },
    all_pods_hostname: 'sampler-peers.observability.svc.cluster.local',
    resolver_delay: '35s',
  });
  expect(objects.get('Service', 'sampler-peers').spec).toMatchObject({
    clusterIP: 'None', publishNotReadyAddresses: true, ports: [{ port: 4319 }],
  });
  expect(objects.has('Role', 'sampler-finds-sampler')).toBe(false);
});

test('no NetworkPolicy is written unless it is asked for', () => {
  expect(sampler().all.filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([]);
});

test.each([
  [PeersNetworkPolicy.ADMIT, []],
  [PeersNetworkPolicy.RESTRICT, [{
    ports: [
      { protocol: 'TCP', port: 1, endPort: 4318 },
      { protocol: 'TCP', port: 4320, endPort: 65_535 },
      { protocol: 'UDP', port: 1, endPort: 65_535 },
    ],
  }]],
])('one that is to %s lets their own pods reach the port, and opens %j besides', (
  peersNetworkPolicy, others,
) => {
  const objects = sampler({ peersNetworkPolicy });
  const { podSelector, policyTypes, ingress } = objects.get('NetworkPolicy', 'sampler-peers').spec;
  expect(podSelector).toEqual(objects.get('StatefulSet', 'sampler').spec.selector);
  expect(policyTypes).toEqual(['Ingress']);
  expect(ingress).toEqual([
    { from: [{ podSelector }], ports: [{ protocol: 'TCP', port: 4319 }] }, ...others,
  ]);
});

test.each([
  [{}, 60 + 25], [{ discovery: Discovery.DNS }, 135], [{ decisionWait: Duration.seconds(5) }, 60],
  [{
    config: CollectorConfigOverrides.fromYaml('extensions: {trace_peers: {leave_timeout: 3m}}'),
  }, 205],
])('with %j a pod gets time to leave the pool and to pass on what is left', (props, grace) => {
  const { terminationGracePeriodSeconds, containers } = sampler(props).podOf('sampler').spec;
  expect(terminationGracePeriodSeconds).toBe(grace);
  expect(containers[0].args.slice(-2)).toEqual(['--shutdown-timeout', '18s']);
});

test('less time to end than that is told', () => {
  expect(() => sampler({ terminationGracePeriod: Duration.seconds(55) }))
    .toThrow('5 s endpoint removal + 60 s leaving the pool + 10 s flush + 10 s margin = 85 s');
});

test('with TLS they show each other the certificate of the server', () => {
  const objects = sampler({
    transportSecurity: TransportSecurity.tls(CertificateIssuer.certManager('telemetry-ca')),
  });
  expect(objects.configOf('sampler').extensions.trace_peers.tls).toMatchObject({
    ca_file: '/etc/otelgw/tls/server/ca.crt',
    cert_file: '/etc/otelgw/tls/server/tls.crt',
    key_file: '/etc/otelgw/tls/server/tls.key',
    server_name_override: 'sampler.observability.svc.cluster.local',
  });
  const { usages, dnsNames } = objects.get('Certificate', 'sampler-server').spec;
  expect(usages).toEqual(['digital signature', 'server auth', 'client auth']);
  expect(dnsNames).toContain('sampler.observability.svc.cluster.local');
});

test('an authority of its own is a file of theirs, even if senders show no certificates', () => {
  const objects = sampler({
    transportSecurity: TransportSecurity.tls(CertificateIssuer.secrets({
      server: 'sampler-tls', names: ['traces.test'], authority: SecretReference.of('ca', 'pem'),
    })),
  });
  const { tls } = objects.configOf('sampler').extensions.trace_peers;
  expect([tls.ca_file, tls.server_name_override])
    .toEqual(['/etc/otelgw/tls/senders/ca.crt', 'traces.test']);
  expect(objects.podOf('sampler').spec.volumes.map(({ name }: { name: string }) => name))
    .toContain('tls-senders');
});

/** What is there of a pool. */
function poolIn(objects: ReturnType<typeof sampler>) {
  const { extensions, processors } = objects.configOf('sampler');
  return [
    extensions.trace_peers, processors.tail_sampling.peers,
    ...objects.all.filter(({ kind }) => /NetworkPolicy|Role/.test(kind)),
    ...objects.podOf('sampler').spec.containers[0].ports
      .filter(({ name }: { name: string }) => name === 'peers'),
  ].filter((each) => each !== undefined);
}

const contrib = CollectorImage.contrib('0.159.0');

test.each([
  { tracePeers: false },
  { tracePeers: undefined, scaling: Scaling.fixed(1) },
  { tracePeers: undefined, image: contrib },
])('nothing of it is there with %j', (props) => {
  expect(poolIn(sampler(props))).toEqual([]);
});

test('without a word pods of our image are one sampler', () => {
  expect(poolIn(sampler({ tracePeers: undefined }))).not.toEqual([]);
  expect(poolIn(sampler({ tracePeers: undefined, scaling: Scaling.horizontal({ max: 2 }) })))
    .not.toEqual([]);
});

describe('with an image of upstream', () => {
  const inNewChart = (props: object) => synthesized((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', { exportTo, policies, ...props });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
  });

  test('senders route by trace id in its place, and what is not promised is told', () => {
    const objects = inNewChart({ tracePeers: true, image: contrib });
    expect(poolIn(objects).map((each) => each.metadata?.name))
      .toEqual(['agent-finds-sampler', 'agent-finds-sampler']);
    expect(objects.configOf('agent').exporters['load_balancing/sampler'].routing_key)
      .toBe('traceID');
    expect(objects.warnings).toEqual([expect.stringMatching(
      /^Warning: \[telemetry\/sampler\] tracePeers: pods are one .* be split\.\n {4}→ use Coll/)]);
  });

  test('that something else made necessary, it is told, too', () => {
    const kafka = Backend.fromYaml('kafka', 'kafka', { brokers: ['kafka:9092'] });
    expect(inNewChart({ exportTo: [kafka] }).warnings)
      .toEqual([expect.stringMatching(/^Warning: .* got otel\/opentel/)]);
  });

  test('that was asked for without a pool, nothing is told', () => {
    expect(inNewChart({ tracePeers: false, image: contrib }).warnings).toEqual([]);
  });
});

test('a sender with another hash ring than the pool is told of, and manifests are written', () => {
  const objects = synthesized((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', { forwardTo, image: CollectorImage.contrib('0.145.0') });
  });
  expect(objects.warnings).toEqual([expect.stringMatching(
    /^Warning: \[telemetry\/agent\] exporters\.loadbalancing\/sampler: should choose pods of /)]);
  expect(objects.has('DaemonSet', 'agent')).toBe(true);
});

test('a layer of a chain may be a pool, and say what a sampler says', () => {
  const objects = synthesized((chart) => {
    new MultiLayerGateway(chart, 'chain', {
      exportTo,
      layers: [{ name: 'router' }, {
        name: 'sampler',
        tailSampling: {
          policies,
          tracePeers: true,
          peersNetworkPolicy: PeersNetworkPolicy.ADMIT,
          blockOnOverflow: true,
        },
      }],
    });
  });
  expect(objects.configOf('chain-sampler').processors.tail_sampling)
    .toMatchObject({ peers: 'trace_peers', block_on_overflow: true });
  expect(objects.has('NetworkPolicy', 'chain-sampler-peers')).toBe(true);
});

test('a pool that a variable may name is given what it needs, and nothing is told of it', () => {
  const objects = sampler({
    pod: { env: { POOL: 'trace_peers' } },
    config: CollectorConfigOverrides.fromYaml(`
      extensions: {trace_peers: {endpoint: '127.0.0.1:4319'}}
      processors: {tail_sampling: {peers: '\${env:POOL}'}}`),
  });
  expect(objects.warnings).toEqual([]);
  const { containers, terminationGracePeriodSeconds } = objects.podOf('sampler').spec;
  expect(containers[0].ports).toContainEqual(
    expect.objectContaining({ name: 'peers', containerPort: 4319 }));
  expect(terminationGracePeriodSeconds)
    .toBe(sampler().podOf('sampler').spec.terminationGracePeriodSeconds);
});

test.each([
  [{ grpcPort: 4319 }, 'grpcPort: must differ from the other ports of the pod (grpc 4319, http'
    + ' 4318, metrics 8888, health 13133, peers 4319), got 4319.'],
  [at('0.0.0.0:4317'), 'grpcPort: must differ from the other ports of the pod'],
  [at('0.0.0.0:8888'), 'extensions.trace_peers.endpoint: must differ from the other ports of'],
  [at('127.0.0.1:4320'), 'extensions.trace_peers.endpoint: must be reached from outside its pod,'
    + ' got "127.0.0.1:4320".'],
  [{ tracePeers: 'yes' }, 'tracePeers: must be'],
  [{ peersNetworkPolicy: 'all' }, 'peersNetworkPolicy: must be'],
  [{ tracePeers: false, peersNetworkPolicy: PeersNetworkPolicy.ADMIT },
    'peersNetworkPolicy: must be for pods that are one sampler, got no `tracePeers`.'],
])('%j is told', (props, sentence) => {
  expect(() => sampler(props)).toThrow(sentence);
});
