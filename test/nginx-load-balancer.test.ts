/** An NGINX in front of a gateway. That it works is shown by test/upstream/nginx.upstream.ts. */
import { App, Chart, Size } from 'cdk8s';
import { complaints, synthesized } from './synthesized';
import {
  AgentDaemonSet, Backend, GatewayDeployment, MultiLayerGateway, NginxLoadBalancer, Placement,
  Protocol, SamplingPolicy, TailSamplingGateway, TelemetryTarget,
} from '../src';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];

function front(props: object = {}, gateway: object = {}) {
  return synthesized((chart) => {
    const target = new GatewayDeployment(chart, 'gateway', { exportTo, ...gateway });
    new NginxLoadBalancer(chart, 'front', { target, ...props });
  });
}

function configOf(objects: ReturnType<typeof front>): string {
  return objects.get('ConfigMap', 'front-config').data['nginx.conf.template'];
}

/** The lines of the block that begins with `head`. */
function block(config: string, head: string): string[] {
  const [, inside] = config.split(`  ${head} {\n`);
  return inside.split('\n  }\n')[0].split('\n').map((line) => line.trim());
}

test('the pods of the gateway are found by name, as they come and go', () => {
  const config = configOf(front());
  expect(config).toContain('resolver ${NGINX_LOCAL_RESOLVERS} valid=10s;');
  expect(block(config, 'upstream otlp_grpc')).toEqual([
    'zone otlp_grpc 256k;', 'least_conn;',
    'server gateway-headless.observability.svc.cluster.local:4317 resolve;', 'keepalive 64;',
  ]);
  expect(block(config, 'upstream otlp_http'))
    .toContain('server gateway-headless.observability.svc.cluster.local:4318 resolve;');
});

test('a gateway of no known namespace is looked for in that of NGINX', () => {
  const chart = new Chart(new App(), 'telemetry');
  const target = new GatewayDeployment(chart, 'gateway', { exportTo });
  const nginx = new NginxLoadBalancer(chart, 'front', { target });
  expect(nginx.configMap.toJson().data['nginx.conf.template'])
    .toContain('server gateway-headless.${POD_NAMESPACE}.svc.cluster.local:4317 resolve;');
});

test('gRPC and HTTP are each passed on as they come', () => {
  const [, grpc, http, health] = configOf(front({ hostname: 'otel.example.com' }))
    .split('  server {\n');
  expect(grpc).toMatch(/listen 4317;\s+http2 on;\s+server_name otel\.example\.com;/);
  expect(grpc).toMatch(/grpc_pass grpc:\/\/otlp_grpc;/);
  expect(http).toMatch(/listen 4318;[^]+proxy_pass http:\/\/otlp_http;/);
  for (const [server, word] of [[grpc, 'grpc'], [http, 'proxy']]) {
    expect(server).toContain(`${word}_next_upstream error timeout invalid_header http_500;`);
    expect(server).toContain(`${word}_connect_timeout 2s;`);
    expect(server).toContain(`${word}_set_header Host $host;`);
    expect(server).toContain(`${word}_set_header X-Real-IP $remote_addr;`);
    expect(server).toContain(
      `${word}_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`);
  }
  expect(health).toMatch(/listen 8080;\s+location = \/healthz/);
});

test('ports follow those of the gateway', () => {
  const objects = front({}, { grpcPort: 5317, protocols: [Protocol.GRPC] });
  expect(configOf(objects)).toMatch(/listen 5317;[^]+grpc_pass/);
  expect(configOf(objects)).not.toContain('proxy_pass');
  expect(objects.get('Service', 'front').spec.ports).toEqual([{
    name: 'otlp-grpc', port: 5317, protocol: 'TCP', targetPort: 'otlp-grpc', appProtocol: 'grpc',
  }]);
});

test('with a certificate senders speak TLS, and a renewed one is read', () => {
  const objects = front({ certificate: 'front-tls' });
  expect(configOf(objects)).toMatch(/listen 4317 ssl;[^]+listen 4318 ssl;/);
  expect(configOf(objects)).toContain('ssl_certificate $certificate_folder/tls.crt;');
  expect(configOf(objects)).toContain('ssl_certificate_cache max=4 valid=1m;');
  expect(objects.podOf('front').spec.volumes)
    .toContainEqual({ name: 'certificate', secret: { secretName: 'front-tls' } });
});

test('its pods may stand in a namespace that is restricted', () => {
  const { spec } = front().podOf('front');
  const [nginx] = spec.containers;
  expect(spec.securityContext).toMatchObject({
    runAsNonRoot: true, runAsUser: 101, seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(nginx.securityContext).toEqual({
    allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] },
  });
  expect(spec.automountServiceAccountToken).toBe(false);
  expect(nginx.image).toBe('nginxinc/nginx-unprivileged:1.30.4-alpine-slim');
});

test('the image writes the configuration where it may, with the name servers of the pod', () => {
  const [{ args, env, volumeMounts }] = front().podOf('front').spec.containers;
  expect(args).toEqual(['nginx', '-c', '/tmp/nginx.conf', '-g', 'daemon off;']);
  expect(env.slice(1)).toEqual([
    { name: 'NGINX_ENTRYPOINT_LOCAL_RESOLVERS', value: 'true' },
    { name: 'NGINX_ENVSUBST_FILTER', value: '^(NGINX_LOCAL_RESOLVERS|POD_NAMESPACE)$' },
    { name: 'NGINX_ENVSUBST_OUTPUT_DIR', value: '/tmp' },
  ]);
  expect(volumeMounts).toEqual([
    {
      name: 'config',
      mountPath: '/etc/nginx/templates/nginx.conf.template',
      subPath: 'nginx.conf.template',
      readOnly: true,
    },
    { name: 'tmp', mountPath: '/tmp' },
  ]);
});

test('a change of the configuration restarts its pods, one after the other', () => {
  const digest = (objects: ReturnType<typeof front>) =>
    objects.podOf('front').metadata.annotations['checksum/config'] as string;
  expect(digest(front())).toBe(digest(front()));
  expect(digest(front({ hostname: 'otel.example.com' }))).not.toBe(digest(front()));
  expect(front().get('Deployment', 'front').spec.strategy.rollingUpdate)
    .toEqual({ maxSurge: 1, maxUnavailable: 0 });
});

test('pods stop when nobody sends to them any more, and are not taken away together', () => {
  const { spec } = front().podOf('front');
  expect(spec.containers[0].lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
  expect(spec.terminationGracePeriodSeconds).toBe(30);
  expect(front().get('PodDisruptionBudget', 'front').spec.maxUnavailable).toBe(1);
  expect(front({ replicas: 1 }).has('PodDisruptionBudget', 'front')).toBe(false);
});

test('it stands where, and is as large as, one wants it', () => {
  const objects = front({
    name: 'entry',
    replicas: 3,
    memory: Size.mebibytes(512),
    cpuMillis: 200,
    placement: Placement.onNodes({ pool: 'edge' }, { tolerations: [{ key: 'edge' }] }),
    service: { type: 'LoadBalancer', annotations: { 'example.com/kind': 'nlb' } },
  });
  const { nodeSelector, tolerations, containers } = objects.podOf('entry').spec;
  expect(objects.get('Deployment', 'entry').spec.replicas).toBe(3);
  expect(nodeSelector).toEqual({ 'kubernetes.io/os': 'linux', 'pool': 'edge' });
  expect(tolerations).toEqual([{ key: 'edge', operator: 'Exists' }]);
  expect(containers[0].resources).toEqual({
    requests: { cpu: '200m', memory: '512Mi' }, limits: { memory: '512Mi' },
  });
  const { metadata, spec } = objects.get('Service', 'entry');
  expect(spec.type).toBe('LoadBalancer');
  expect(metadata.annotations).toEqual({ 'example.com/kind': 'nlb' });
});

describe('agents may send through it', () => {
  test.each([
    [{}, { insecure: true }],
    [{ certificate: 'front-tls', hostname: 'otel.example.com' },
      { server_name_override: 'otel.example.com' }],
  ])('%#', (props, tls) => {
    const { exporters } = synthesized((chart) => {
      const target = new GatewayDeployment(chart, 'gateway', { exportTo });
      const forwardTo = new NginxLoadBalancer(chart, 'front', { target, ...props });
      new AgentDaemonSet(chart, 'agent', { forwardTo });
    }).configOf('agent');
    expect(exporters['otlp_grpc/front']).toMatchObject({
      endpoint: 'front.observability.svc.cluster.local:4317', tls,
    });
  });
});

test('before a gateway that takes HTTP alone, it is sent HTTP', () => {
  const agentOf = (props: object) => synthesized((chart) => {
    const target = new GatewayDeployment(
      chart, 'gateway', { exportTo, protocols: [Protocol.HTTP] });
    const forwardTo = new NginxLoadBalancer(chart, 'front', { target, ...props });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
  }).configOf('agent').exporters['otlp_http/front'].endpoint;
  const host = 'front.observability.svc.cluster.local:4318';
  expect(agentOf({})).toBe(`http://${host}`);
  expect(agentOf({ certificate: 'front-tls' })).toBe(`https://${host}`);
});

test('of a chain it stands in front of the first layer', () => {
  const objects = synthesized((chart) => {
    const target = new MultiLayerGateway(chart, 'chain', {
      layers: [{ name: 'router' }, { name: 'sampler', tailSampling: { policies } }], exportTo,
    });
    new NginxLoadBalancer(chart, 'front', { target });
  });
  expect(configOf(objects)).toContain('server chain-router-headless.observability.svc');
});

describe('what does not work is told', () => {
  const before = (build: (chart: Chart) => unknown, props: object = {}) => (chart: Chart) => {
    new NginxLoadBalancer(chart, 'front', { target: build(chart) as never, ...props });
  };
  const pool = (chart: Chart) => new GatewayDeployment(chart, 'gateway', { exportTo });
  test.each<[string, (chart: Chart) => void, RegExp]>([
    ['a sampler', before((chart) => new TailSamplingGateway(chart, 's', { exportTo, policies })),
      /target: telemetry\/s samples whole traces, which NGINX would tear apart\. → put a layer/],
    ['an agent', before((chart) => new AgentDaemonSet(chart, 'a', { exportTo })),
      /target: must be a gateway, got a AgentDaemonSet/],
    ['somebody else\'s collector', before(() =>
      TelemetryTarget.external('other', { endpoint: 'other:4317' })),
    /target: must be a gateway of this app, got other\. → give `target` a GatewayDeployment/],
    ['the name of the gateway', before(pool, { name: 'gateway' }),
      /name: must be unique in its chart, but telemetry\/gateway has a Service gateway/],
    ['the name of another one', (chart) => {
      const target = pool(chart);
      new NginxLoadBalancer(chart, 'first', { target, name: 'front' });
      new NginxLoadBalancer(chart, 'second', { target, name: 'front' });
    }, /second\] name: must be unique .*, but telemetry\/first is called front, too\. → give/],
    ['a slip', before(pool, { hostName: 'a' }), /hostName: .*\(did you mean hostname\?\)/],
    ['a Service that is a word', before(pool, { service: 'x' }), /service: must be options, which/],
    ['nodes that are none', before(pool, { placement: Placement.onNodes(null as never) }),
      /placement: must be labels of nodes by their names, got null/],
    ['a name that is none', before(pool, { name: 'Front' }),
      /name: must be at most 52 lower-case letters.* got "Front"/],
    ['no pods', before(pool, { replicas: 0 }), /replicas: must be a whole number from 1/],
    ['a hostname that would be more than that', before(pool, { hostname: 'a; return 200' }),
      /hostname: must be a DNS name, got "a; return 200"/],
    ['a port that probes need', before((chart) =>
      new GatewayDeployment(chart, 'gateway', { exportTo, httpPort: 8080 })),
    /target: listens on 8080, where NGINX answers probes\. → give/],
    ['a Service that is none', before(pool, { service: { type: 'Public' } }),
      /service: type must be one of ClusterIP/],
  ])('%s', (_what, build, says) => {
    expect(complaints(build).join('\n')).toMatch(says);
  });
});
