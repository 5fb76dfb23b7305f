import { Duration } from 'cdk8s';
import { synthesized } from './synthesized';
import {
  Backend, CertificateIssuer, CollectorConfigOverrides, CollectorImage, Discovery, SamplingPolicy,
  Scaling, SecretReference, TailSamplingGateway, TransportSecurity,
} from '../src';

const policies = [SamplingPolicy.alwaysSample('all')];
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function sampler(props: object = {}) {
  return synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, ...props });
  });
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

test('by DNS a Service of its own tells them who is not ready, and they ask for no permission', () => {
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

test('their own pods alone reach the port by which they call each other', () => {
  const { podSelector, policyTypes, ingress } = sampler()
    .get('NetworkPolicy', 'sampler-peers').spec;
  expect(policyTypes).toEqual(['Ingress']);
  expect(ingress).toEqual([
    { from: [{ podSelector }], ports: [{ protocol: 'TCP', port: 4319 }] },
    {
      ports: [
        { protocol: 'TCP', port: 1, endPort: 4318 },
        { protocol: 'TCP', port: 4320, endPort: 65_535 },
        { protocol: 'UDP', port: 1, endPort: 65_535 },
      ],
    },
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

test('an authority of its own is a file of theirs, whether senders show certificates or not', () => {
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

test.each([
  { tracePeers: false }, { scaling: Scaling.fixed(1) },
  { image: CollectorImage.contrib('0.159.0') },
])('nothing of it is there with %j', (props) => {
  const objects = sampler(props);
  const { extensions, processors } = objects.configOf('sampler');
  expect([extensions.trace_peers, processors.tail_sampling.peers]).toEqual([undefined, undefined]);
  expect(objects.all.filter(({ kind }) => /NetworkPolicy|Role/.test(kind))).toEqual([]);
});

test.each([
  [{ tracePeers: true, image: CollectorImage.contrib('0.159.0') },
    'tracePeers: is a setting of otelgw alone, got an image of upstream.'],
  [{ grpcPort: 4319 }, 'tracePeers: takes port 4319'],
  [{ tracePeers: 'yes' }, 'tracePeers: must be'],
])('%j is told', (props, sentence) => {
  expect(() => sampler(props)).toThrow(sentence);
});
