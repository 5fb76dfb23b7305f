/** What follows from one `transportSecurity`: names, certificates, files and TLS on both sides. */
import { Chart, Duration } from 'cdk8s';
import {
  AgentDaemonSet, Authentication, Backend, CertificateIssuer, CollectorImage, GatewayDeployment,
  MultiLayerGateway, SamplingPolicy, SecretReference, Signal, TailSamplingGateway, TelemetryTarget,
  TransportSecurity,
} from '../../src';
import { synthesized } from '../synthesized';

const policies = [SamplingPolicy.alwaysSample('all')];
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const issuer = CertificateIssuer.certManager('telemetry-ca');
const mutual = TransportSecurity.mutualTls(issuer);
const SERVICE = 'sampler.observability.svc.cluster.local';

function tiers(transportSecurity: TransportSecurity, sampler: object = {}, agent: object = {}) {
  return synthesized((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, transportSecurity, tracePeers: false, ...sampler,
    });
    new AgentDaemonSet(chart, 'agent', { forwardTo, ...agent });
  });
}

function filesOf(objects: ReturnType<typeof tiers>, name: string) {
  const { containers: [{ volumeMounts }], volumes } = objects.podOf(name).spec;
  return volumes.filter((volume: any) => volume.name.startsWith('tls-')).map((volume: any) => ({
    ...volume, at: volumeMounts.find((mount: any) => mount.name === volume.name).mountPath,
  }));
}

test('the server asks cert-manager for a certificate with all names of its Services', () => {
  const { spec } = tiers(mutual).get('Certificate', 'sampler-server');
  expect(spec).toEqual({
    secretName: 'sampler-server-tls',
    secretTemplate: {
      labels: expect.objectContaining({ 'app.kubernetes.io/name': 'otel-collector' }),
    },
    dnsNames: expect.arrayContaining([
      'sampler', 'sampler.observability.svc', SERVICE, 'sampler-headless.observability',
      '*.sampler-headless.observability.svc.cluster.local',
    ]),
    usages: ['digital signature', 'server auth'],
    privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
    issuerRef: { name: 'telemetry-ca', kind: 'ClusterIssuer', group: 'cert-manager.io' },
  });
});

test('a sender asks the same issuer for a certificate of its own', () => {
  const { metadata, spec } = tiers(mutual).get('Certificate', 'agent-client');
  expect(metadata.namespace).toBe('observability');
  expect(spec).toMatchObject({
    secretName: 'agent-client-tls',
    commonName: 'agent',
    usages: ['digital signature', 'client auth'],
  });
  expect(spec).not.toHaveProperty('dnsNames');
});

test('an issuer of another kind, and times, are passed on', () => {
  const given = CertificateIssuer.certManager('pca', {
    kind: 'AWSPCAIssuer',
    group: 'awspca.cert-manager.io',
    duration: Duration.days(7),
    renewBefore: Duration.days(2),
  });
  for (const name of ['sampler-server', 'agent-client']) {
    expect(tiers(TransportSecurity.tls(given)).get('Certificate', name).spec).toMatchObject({
      duration: '168h',
      renewBefore: '48h',
      issuerRef: { name: 'pca', kind: 'AWSPCAIssuer', group: 'awspca.cert-manager.io' },
    });
  }
});

test('with mutual TLS both sides show a certificate and trust one authority', () => {
  const objects = tiers(mutual);
  const tls = {
    cert_file: '/etc/otelgw/tls/server/tls.crt',
    key_file: '/etc/otelgw/tls/server/tls.key',
    client_ca_file: '/etc/otelgw/tls/server/ca.crt',
    min_version: '1.3',
    reload_interval: '1h',
  };
  const { protocols } = objects.configOf('sampler').receivers.otlp;
  expect([protocols.grpc.tls, protocols.http.tls]).toEqual([tls, tls]);
  const client = {
    ca_file: '/etc/otelgw/tls/client/ca.crt',
    cert_file: '/etc/otelgw/tls/client/tls.crt',
    key_file: '/etc/otelgw/tls/client/tls.key',
    server_name_override: SERVICE,
    reload_interval: '1h',
  };
  const { exporters } = objects.configOf('agent');
  expect(exporters['load_balancing/sampler'].protocol.otlp.tls).toEqual(client);
  expect(exporters['otlp_grpc/sampler'].tls).toEqual(client);
});

test('with TLS alone only the server shows one, and senders get no key', () => {
  const objects = tiers(TransportSecurity.tls(issuer));
  expect(objects.configOf('sampler').receivers.otlp.protocols.grpc.tls)
    .not.toHaveProperty('client_ca_file');
  expect(objects.configOf('agent').exporters['otlp_grpc/sampler'].tls).toEqual({
    ca_file: '/etc/otelgw/tls/client/ca.crt',
    server_name_override: SERVICE,
    reload_interval: '1h',
  });
  expect(filesOf(objects, 'agent')).toEqual([{
    name: 'tls-client',
    at: '/etc/otelgw/tls/client',
    secret: {
      secretName: 'agent-client-tls',
      defaultMode: 0o440,
      items: [{ key: 'ca.crt', path: 'ca.crt' }],
    },
  }]);
});

test('Secrets are mounted as folders that only the group reads', () => {
  const objects = tiers(mutual);
  expect([filesOf(objects, 'sampler'), filesOf(objects, 'agent')]).toEqual([
    [{
      name: 'tls-server',
      at: '/etc/otelgw/tls/server',
      secret: { secretName: 'sampler-server-tls', defaultMode: 0o440 },
    }],
    [{
      name: 'tls-client',
      at: '/etc/otelgw/tls/client',
      secret: { secretName: 'agent-client-tls', defaultMode: 0o440 },
    }],
  ]);
  expect(objects.podOf('agent').spec.securityContext.fsGroup).toBe(65532);
});

test('probes and metrics stay plain text', () => {
  const { extensions, service } = tiers(mutual).configOf('sampler');
  expect(extensions.health_check).toEqual({ endpoint: '[${env:POD_IP}]:13133' });
  expect(JSON.stringify(service)).not.toContain('tls');
});

test('our own collector stays, and all read certificates again', () => {
  const tlsOf = (objects: ReturnType<typeof tiers>) => [
    objects.configOf('sampler').receivers.otlp.protocols.grpc.tls,
    objects.configOf('agent').exporters['load_balancing/sampler'].protocol.otlp.tls,
  ].map(({ reload_interval: interval }) => interval);
  const ours = tiers(mutual);
  expect(ours.podOf('sampler').spec.containers[0].image).toContain('/otelgw:');
  expect(tlsOf(ours)).toEqual(['1h', '1h']);
  const image = CollectorImage.k8s('0.159.0');
  expect(tlsOf(tiers(mutual, { image }, { image }))).toEqual(['1h', '1h']);
  const often = TransportSecurity.mutualTls(
    issuer, { reloadInterval: Duration.minutes(5), minVersion: '1.2' });
  expect(tlsOf(tiers(often, { image }, { image }))).toEqual(['5m', '5m']);
});

test('a pool that is sent to by connection is verified by the name of its Service, too', () => {
  const { exporters } = synthesized((chart) => {
    const forwardTo = new GatewayDeployment(
      chart, 'pool', { exportTo, transportSecurity: mutual });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
  }).configOf('agent');
  expect(exporters['otlp_grpc/pool']).toMatchObject({
    endpoint: 'dns:///pool-headless.observability.svc.cluster.local:4317',
    compression: 'none',
    tls: { server_name_override: 'pool.observability.svc.cluster.local' },
  });
});

test('a sender in another namespace gets its certificate there', () => {
  const objects = synthesized((chart, app) => {
    const forwardTo = new GatewayDeployment(
      chart, 'pool', { exportTo, transportSecurity: mutual });
    new AgentDaemonSet(new Chart(app, 'apps', { namespace: 'apps' }), 'agent', { forwardTo });
  });
  expect(objects.get('Certificate', 'agent-client').metadata.namespace).toBe('apps');
});

test('an agent may be a server as well, and says so in its addresses', () => {
  let address = '';
  const objects = synthesized((chart) => {
    const forwardTo = new GatewayDeployment(
      chart, 'pool', { exportTo, transportSecurity: mutual });
    const agent = new AgentDaemonSet(
      chart, 'agent', { forwardTo, transportSecurity: TransportSecurity.tls(issuer) });
    address = agent.httpEndpoint;
  });
  expect(address).toBe('https://agent.observability.svc.cluster.local:4318');
  expect(filesOf(objects, 'agent').map(({ at }: any) => at))
    .toEqual(['/etc/otelgw/tls/server', '/etc/otelgw/tls/client']);
  expect(objects.get('Certificate', 'agent-server').spec.dnsNames).toEqual([
    'agent', 'agent.observability', 'agent.observability.svc',
    'agent.observability.svc.cluster.local',
  ]);
});

test('every layer of a chain is encrypted', () => {
  const objects = synthesized((chart) => {
    new MultiLayerGateway(chart, 'gw', {
      layers: [{ name: 'first' }, { name: 'last', tailSampling: { policies } }],
      exportTo,
      transportSecurity: mutual,
    });
  });
  const names = objects.all.filter(({ kind }) => kind === 'Certificate')
    .map(({ metadata }) => metadata.name);
  expect(names.sort()).toEqual(['gw-first-client', 'gw-first-server', 'gw-last-server']);
});

describe('Secrets that somebody else makes', () => {
  const names = ['otel.example.com'];

  test('are mounted as they are named, and their names verified', () => {
    const objects = tiers(TransportSecurity.mutualTls(
      CertificateIssuer.secrets({ server: 'gateway-tls', client: 'agent-tls', names })));
    expect(objects.all.filter(({ kind }) => kind === 'Certificate')).toEqual([]);
    expect(filesOf(objects, 'sampler')[0].secret.secretName).toBe('gateway-tls');
    expect(filesOf(objects, 'agent')[0].projected).toEqual({
      defaultMode: 0o440,
      sources: [
        {
          secret: {
            name: 'agent-tls',
            items: [{ key: 'tls.crt', path: 'tls.crt' }, { key: 'tls.key', path: 'tls.key' }],
          },
        },
        { secret: { name: 'agent-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      ],
    });
    expect(objects.configOf('agent').exporters['otlp_grpc/sampler'].tls)
      .toMatchObject({ server_name_override: 'otel.example.com' });
  });

  test('may leave the authority to another one', () => {
    const authority = SecretReference.of('company-ca', 'bundle.pem');
    const objects = tiers(TransportSecurity.mutualTls(
      CertificateIssuer.secrets({ server: 'gateway-tls', client: 'agent-tls', names, authority })));
    const items = [{ key: 'bundle.pem', path: 'ca.crt' }];
    expect(filesOf(objects, 'sampler')[1].secret)
      .toEqual({ secretName: 'company-ca', defaultMode: 0o440, items });
    expect(objects.configOf('sampler').receivers.otlp.protocols.grpc.tls.client_ca_file)
      .toBe('/etc/otelgw/tls/senders/ca.crt');
    expect(filesOf(objects, 'agent')[0].projected.sources[1])
      .toEqual({ secret: { name: 'company-ca', items } });
  });

  test('show senders the authority, and not the key of the server', () => {
    const objects = tiers(TransportSecurity.tls(
      CertificateIssuer.secrets({ server: 'gateway-tls', names })));
    expect(filesOf(objects, 'agent')[0].secret).toMatchObject({
      secretName: 'gateway-tls', items: [{ key: 'ca.crt', path: 'ca.crt' }],
    });
  });
});

describe('a token', () => {
  const authentication = Authentication.bearerToken(SecretReference.of('telemetry-token', 'token'));
  const objects = tiers(mutual, { authentication });

  test('is asked for by the server and shown by the sender', () => {
    const server = objects.configOf('sampler');
    expect(server.extensions.bearertokenauth).toEqual({ token: '${env:TELEMETRY_TOKEN_TOKEN}' });
    expect(server.service.extensions).toContain('bearertokenauth');
    const { grpc, http } = server.receivers.otlp.protocols;
    const asked = { authenticator: 'bearertokenauth' };
    expect([grpc.auth, http.auth]).toEqual([asked, asked]);
    const sender = objects.configOf('agent');
    expect(sender.service.extensions).toContain('bearertokenauth/sampler');
    const shown = { authenticator: 'bearertokenauth/sampler' };
    expect([
      sender.exporters['load_balancing/sampler'].protocol.otlp.auth,
      sender.exporters['otlp_grpc/sampler'].auth,
    ]).toEqual([shown, shown]);
  });

  test.each(['sampler', 'agent'])('comes from a Secret into the environment of %s', (name) => {
    const { env, image } = objects.podOf(name).spec.containers[0];
    expect(env).toContainEqual({
      name: 'TELEMETRY_TOKEN_TOKEN',
      valueFrom: { secretKeyRef: { name: 'telemetry-token', key: 'token' } },
    });
    expect(image).toContain('/otelgw:');
  });

  test('may be another one for those who send and for what is sent to', () => {
    const chain = synthesized((chart) => {
      const forwardTo = new GatewayDeployment(
        chart, 'inner', { exportTo, transportSecurity: mutual, authentication });
      new GatewayDeployment(chart, 'outer', {
        forwardTo,
        transportSecurity: mutual,
        authentication: Authentication.bearerToken(SecretReference.of('outer', 'token')),
      });
    }).configOf('outer').extensions;
    expect(chain).toMatchObject({
      'bearertokenauth': { token: '${env:OUTER_TOKEN}' },
      'bearertokenauth/inner': { token: '${env:TELEMETRY_TOKEN_TOKEN}' },
    });
  });
});

describe('collectors of somebody else', () => {
  const sentTo = (options: object) => synthesized((chart) => {
    new GatewayDeployment(chart, 'edge', {
      signals: [Signal.TRACES], forwardTo: TelemetryTarget.external('others', options as never),
    });
  });

  test('are trusted by an authority in a Secret, and shown a certificate', () => {
    const objects = sentTo({
      endpoint: 'otel.other.svc:4317',
      certificateAuthority: SecretReference.of('other-ca', 'ca.pem'),
      clientCertificate: 'edge-tls',
      tls: { serverNameOverride: 'otel.example.com' },
    });
    expect(objects.configOf('edge').exporters['otlp_grpc/others'].tls).toEqual({
      server_name_override: 'otel.example.com',
      ca_file: '/etc/otelgw/tls/to-others/ca.crt',
      cert_file: '/etc/otelgw/tls/to-others/tls.crt',
      key_file: '/etc/otelgw/tls/to-others/tls.key',
    });
    const [{ name, at, projected }] = filesOf(objects, 'edge');
    expect([name, at]).toEqual(['tls-to-others', '/etc/otelgw/tls/to-others']);
    expect(projected.sources.map(({ secret }: any) => secret.name))
      .toEqual(['edge-tls', 'other-ca']);
  });

  test('are shown a token', () => {
    const { exporters, extensions } = sentTo({
      endpoint: 'otel.example.com:4317',
      authentication: Authentication.bearerToken(SecretReference.of('other', 'token')),
    }).configOf('edge');
    expect(exporters['otlp_grpc/others'].auth).toEqual({ authenticator: 'bearertokenauth/others' });
    expect(extensions['bearertokenauth/others']).toEqual({ token: '${env:OTHER_TOKEN}' });
  });
});
