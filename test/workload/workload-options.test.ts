/** Every option of a tier's objects, and the field that it becomes. */
import { Duration, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import {
  Backend, CollectorConfigOverrides, CollectorImage, GatewayDeployment, NginxLoadBalancer, Protocol,
  SamplingPolicy, Scaling, SecretReference, TailSamplingGateway,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const GATES = 'processor.tailsamplingprocessor.';
const RECORD_POLICY = `${GATES}recordpolicy`;
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const quantity = (text: string) => k8s.Quantity.fromString(text);

function gateway(props: object) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

function sampler(props: object) {
  return synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies: [SamplingPolicy.alwaysSample('all')], ...props,
    });
  });
}

function gatewaySays(props: object): string[] {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

const affinity = { podAntiAffinity: {} };
const spread = [{ maxSkew: 2, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' }];
const sidecar = { name: 'sidecar', image: 'sidecar:1' };

test.each<[string, object, object]>([
  ['labels', { labels: { team: 'shop' } }, { metadata: { labels: { team: 'shop' } } }],
  ['annotations', { annotations: { note: 'x' } }, { metadata: { annotations: { note: 'x' } } }],
  ['configChecksum', { configChecksum: true },
    { metadata: { annotations: { 'checksum/config': expect.any(String) } } }],
  ['imagePullSecrets', { imagePullSecrets: ['pull'] },
    { spec: { imagePullSecrets: [{ name: 'pull' }] } }],
  ['automountServiceAccountToken', { automountServiceAccountToken: true },
    { spec: { automountServiceAccountToken: true } }],
  ['initContainers', { initContainers: [sidecar] }, { spec: { initContainers: [sidecar] } }],
  ['containers', { containers: [sidecar] },
    { spec: { containers: [{ name: 'collector' }, sidecar] } }],
  ['shareProcessNamespace', { shareProcessNamespace: true },
    { spec: { shareProcessNamespace: true } }],
  ['securityContext', { securityContext: { supplementalGroups: [5] } },
    { spec: { securityContext: { runAsUser: 65532, supplementalGroups: [5] } } }],
  ['hostNetwork', { hostNetwork: true },
    { spec: { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' } }],
  ['hostPid', { hostPid: true }, { spec: { hostPID: true } }],
  ['hostUsers', { hostUsers: false }, { spec: { hostUsers: false } }],
  ['hostAliases', { hostAliases: [{ ip: '10.0.0.9', hostnames: ['old'] }] },
    { spec: { hostAliases: [{ ip: '10.0.0.9', hostnames: ['old'] }] } }],
  ['dnsPolicy', { dnsPolicy: 'Default' }, { spec: { dnsPolicy: 'Default' } }],
  ['dnsConfig', { dnsConfig: { searches: ['a.b'] } },
    { spec: { dnsConfig: { searches: ['a.b'] } } }],
  ['priorityClassName', { priorityClassName: 'high' }, { spec: { priorityClassName: 'high' } }],
  ['runtimeClassName', { runtimeClassName: 'gvisor' }, { spec: { runtimeClassName: 'gvisor' } }],
  ['schedulerName', { schedulerName: 'mine' }, { spec: { schedulerName: 'mine' } }],
  ['affinity', { affinity }, { spec: { affinity } }],
  ['topologySpreadConstraints', { topologySpreadConstraints: spread },
    { spec: { topologySpreadConstraints: spread } }],
])('pods get %s', (_option, pod, fields) => {
  expect(gateway({ pod }).podOf('gateway')).toMatchObject(fields);
});

test.each<[string, object, object]>([
  ['command', { command: ['/otelcol'] }, { command: ['/otelcol'] }],
  ['imagePullPolicy', { imagePullPolicy: 'Always' }, { imagePullPolicy: 'Always' }],
  ['envFrom', { envFrom: [{ configMapRef: { name: 'more' } }] },
    { envFrom: [{ configMapRef: { name: 'more' } }] }],
  ['cpuLimitMillis', { cpuLimitMillis: 2000 }, { resources: { limits: { cpu: '2000m' } } }],
  ['memoryRequest', { memoryRequest: Size.mebibytes(256) },
    { resources: { requests: { memory: '256Mi' }, limits: { memory: '512Mi' } } }],
  ['ephemeralStorage', { ephemeralStorage: Size.gibibytes(1) }, {
    resources: {
      requests: { 'ephemeral-storage': '1024Mi' }, limits: { 'ephemeral-storage': '1024Mi' },
    },
  }],
  ['resizePolicy', { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] },
    { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }],
  ['startupProbe', { startupProbe: { failureThreshold: 90 } },
    { startupProbe: { failureThreshold: 90, periodSeconds: 2, httpGet: { port: 'health' } } }],
  ['livenessProbe', { livenessProbe: { period: Duration.seconds(20) } },
    { livenessProbe: { periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 } }],
  ['readinessProbe',
    { readinessProbe: { timeout: Duration.seconds(9), initialDelay: Duration.seconds(3) } },
    { readinessProbe: { timeoutSeconds: 9, initialDelaySeconds: 3, periodSeconds: 5 } }],
  ['successThreshold of readiness', { readinessProbe: { successThreshold: 3 } },
    { readinessProbe: { successThreshold: 3, failureThreshold: 2 } }],
  ['terminationGracePeriod of liveness',
    { livenessProbe: { terminationGracePeriod: Duration.seconds(5) } },
    { livenessProbe: { terminationGracePeriodSeconds: 5 } }],
  ['containerSecurityContext', { containerSecurityContext: { readOnlyRootFilesystem: false } },
    { securityContext: { readOnlyRootFilesystem: false, allowPrivilegeEscalation: false } }],
])('the collector gets %s', (_option, pod, fields) => {
  expect(gateway({ pod }).podOf('gateway').spec.containers[0]).toMatchObject(fields);
});

test('labels of pods are in no selector, and the checksum stays beside annotations', () => {
  const objects = gateway({ pod: { labels: { team: 'shop' }, annotations: { note: 'x' } } });
  expect(objects.get('Deployment', 'gateway').spec.selector.matchLabels).not.toHaveProperty('team');
  expect(objects.podOf('gateway').metadata.annotations).toHaveProperty('checksum/config');
});

test('without a checksum a new configuration replaces no pod', () => {
  expect(gateway({ pod: { configChecksum: false } }).podOf('gateway').metadata)
    .not.toHaveProperty('annotations.checksum/config');
  expect(gateway({ pod: { configChecksum: false, annotations: { note: 'x' } } })
    .podOf('gateway').metadata.annotations).toEqual({ note: 'x' });
});

test.each<[string, CollectorImage, object, string | undefined]>([
  ['0.136.0 and a limit', CollectorImage.contrib('0.136.0'), { cpuLimitMillis: 2500 }, '3'],
  ['0.136.0 and a small limit', CollectorImage.contrib('0.136.0'), { cpuLimitMillis: 500 }, '2'],
  ['0.136.0 and no limit', CollectorImage.contrib('0.136.0'), {}, undefined],
  ['0.136.0 and a value of the user', CollectorImage.contrib('0.136.0'),
    { cpuLimitMillis: 2500, env: { GOMAXPROCS: '1' } }, '1'],
  ['0.137.0', CollectorImage.contrib('0.137.0'), { cpuLimitMillis: 2500 }, undefined],
  ['a version that nobody knows', CollectorImage.custom({ image: 'otelcol:1' }),
    { cpuLimitMillis: 2500 }, '3'],
  ['the collector of this package', CollectorImage.runtime(), { cpuLimitMillis: 2500 }, undefined],
])('Go before 1.25 learns its CPU limit: %s', (_what, image, pod, processors) => {
  const { env } = gateway({ image, pod }).podOf('gateway').spec.containers[0];
  expect(env.find(({ name }: any) => name === 'GOMAXPROCS')?.value).toBe(processors);
});

test('variables replace those that are written, and configurations may use them', () => {
  const image = CollectorImage.contrib('0.159.0');
  const backend = Backend.fromYaml('x', 'debug', { verbosity: '${env:VERBOSITY}' });
  const { env } = gateway({
    image,
    exportTo: [backend],
    pod: {
      env: { GOMEMLIMIT: '100MiB', VERBOSITY: 'basic' },
      envVars: [{ name: 'ZONE', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } }],
    },
  }).podOf('gateway').spec.containers[0];
  expect(env.filter(({ name }: any) => name === 'GOMEMLIMIT')).toEqual([
    { name: 'GOMEMLIMIT', value: '100MiB' },
  ]);
  expect(env.map(({ name }: any) => name)).toEqual([
    'POD_IP', 'POD_NAME', 'POD_NAMESPACE', 'NODE_NAME', 'GOMEMLIMIT', 'VERBOSITY', 'ZONE',
  ]);
});

test('arguments and feature gates come after the configuration', () => {
  const image = CollectorImage.contrib('0.159.0');
  expect(gateway({ image, pod: { extraArgs: ['--set=a=b'], featureGates: ['x', '-y'] } })
    .podOf('gateway').spec.containers[0].args).toEqual([
    '--config', '/etc/otelgw/collector.yaml', '--feature-gates=x,-y', '--set=a=b',
  ]);
});

test('feature gates that our own collector knows are given to it', () => {
  const args = sampler({ pod: { featureGates: [RECORD_POLICY, `-${GATES}usetracestate`] } })
    .podOf('sampler').spec.containers[0].args;
  expect(args.at(-1)).toBe(`--feature-gates=${RECORD_POLICY},-${GATES}usetracestate`);
});

test('feature gates of tail sampling may be for a sampler that is given as raw text', () => {
  const config = CollectorConfigOverrides.fromYaml([
    'processors: {tail_sampling: {policies: [{name: a, type: always_sample}]}}',
    'service: {pipelines: {traces: {processors: [memory_limiter, tail_sampling]}}}',
  ].join('\n'));
  const pod = { featureGates: [RECORD_POLICY] };
  expect(gatewaySays({ config, pod, scaling: Scaling.fixed(1) })).toEqual([]);
});

test('volumes are mounted beside those that are written by themselves', () => {
  const pod = {
    volumes: [{ name: 'rules', configMap: { name: 'rules' } }],
    volumeMounts: [{ name: 'rules', mountPath: '/rules', readOnly: true }],
  };
  const { volumes, containers } = gateway({ pod }).podOf('gateway').spec;
  expect(volumes.at(-1)).toEqual({ name: 'rules', configMap: { name: 'rules' } });
  expect(containers[0].volumeMounts.at(-1)).toEqual(
    { name: 'rules', mountPath: '/rules', readOnly: true });
});

test('an upstream collector pauses before its end unless something else is to happen then', () => {
  const lifecycle = (given?: object) => gateway({
    image: CollectorImage.contrib('0.159.0'), pod: { lifecycle: given },
  }).podOf('gateway').spec.containers[0].lifecycle;
  const postStart = { exec: { command: ['a'] } };
  expect(Object.keys(lifecycle().preStop)).toEqual(['sleep']);
  expect(lifecycle({ postStart })).toEqual({ preStop: { sleep: expect.anything() }, postStart });
  expect(lifecycle({ preStop: postStart })).toEqual({ preStop: postStart });
});

test.each<[object, RegExp]>([
  [{ labels: { 'a b': 'c' } }, /^\[.*\] pod: labels must be what Kubernetes takes, .*"a b"/],
  [{ labels: { 'app.kubernetes.io/name': 'x' } }, /label app\.\S+ must stay otel-collector, by/],
  [{ env: { POD_IP: 'x' } }, /env must leave POD_IP to what is written by itself/],
  [{ env: { A: 5 } }, /env must hold texts, got 5 for A\. → put it in quotes/],
  [{ env: { A: 'a' }, envVars: [{ name: 'A' }] }, /env must hold A once/],
  [{ env: { KEY: 'x' } }, /env must leave KEY to what is written by itself/],
  [{ imagePullPolicy: 'Sometimes' }, /imagePullPolicy must be one of Always, /],
  [{ dnsPolicy: 'Mine' }, /dnsPolicy must be one of ClusterFirst, /],
  [{ featureGates: ['a,-b', `-${RECORD_POLICY}`, '+a'] }, new RegExp('must be among those'
    + ` that .*otelgw.* knows, which are .*${RECORD_POLICY}.*, got a, b\\. → leave them out`)],
  [{ featureGates: [RECORD_POLICY, `-${GATES}usetracestate`] }, new RegExp('for a tier that'
    + ` samples, got ${RECORD_POLICY} and no tail_sampling\\. → give them to the Tail`)],
  [{ cpuLimitMillis: 100 }, /cpuLimitMillis must be a whole number from the 500 on .*, got 100/],
  [{ memoryRequest: Size.gibibytes(1) }, /memoryRequest must be .*, 512 at most, got 1024/],
  [{ memoryRequest: Size.kibibytes(1) }, /memoryRequest must be whole mebibytes/],
  [{ ephemeralStorage: 5 }, /ephemeralStorage must be whole mebibytes/],
  [{ livenessProbe: { period: 5 } }, /livenessProbe\.period must be a Duration of whole seconds/],
  [{ livenessProbe: { failureThreshold: 0 } }, /failureThreshold must be .* from 1 on, got 0/],
  [{ livenessProbe: { successThreshold: 2 } }, /livenessProbe\.successThreshold must be 1, got 2/],
  [{ readinessProbe: { successThreshold: 0 } }, /successThreshold must be .* from 1 on, got 0/],
  [{ startupProbe: { terminationGracePeriod: 5 } }, /terminationGracePeriod must be a Duration/],
  [{ readinessProbe: { terminationGracePeriod: Duration.seconds(5) } },
    /readinessProbe must not have a terminationGracePeriod, for it ends nothing/],
  [{ configChecksum: 'no' }, /pod: configChecksum must be true or false, got "no"/],
  [{ containers: [{ name: 'a', resources: { limits: { cpu: '5 cores' } } }] },
    /pod: containers\.0\.resources\.limits\.cpu must be a Quantity, got "5 cores"/],
  [{ volumes: [{ name: 'a', emptyDir: { sizeLimit: true } }] },
    /pod: volumes\.0\.emptyDir\.sizeLimit must be a Quantity, got true/],
  [{ lifecycle: { preStop: { httpGet: { port: {} } } } },
    /pod: lifecycle\.preStop\.httpGet\.port must be the number or the name of a port, got \{\}/],
  [{ volumes: [{ name: 'config' }] }, /volumes must have names of their own, got config twice/],
  [{ volumeMounts: [{ name: 'a', mountPath: '/a' }] }, /must name one of the `volumes` \(config\)/],
  [{ containers: [{ name: 'collector' }] }, /containers must have names of their own/],
  [{ priorityClass: 'x' }, /pod: must be options, which are labels, .*got \{"priorityClass"/],
])('refuses what no pod can have, %#', (pod, pattern) => {
  const secrets = { KEY: SecretReference.of('store', 'key') };
  expect(gatewaySays({ pod, secrets })).toEqual([expect.stringMatching(pattern)]);
});

test.each<[string, object, object]>([
  ['type', { type: 'NodePort' }, { type: 'NodePort' }],
  ['loadBalancerClass', { type: 'LoadBalancer', loadBalancerClass: 'c' },
    { type: 'LoadBalancer', loadBalancerClass: 'c' }],
  ['loadBalancerSourceRanges',
    { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] },
    { loadBalancerSourceRanges: ['10.0.0.0/8'] }],
  ['loadBalancerIp', { type: 'LoadBalancer', loadBalancerIp: '203.0.113.7' },
    { loadBalancerIP: '203.0.113.7' }],
  ['nodePorts', { type: 'NodePort', nodePorts: { grpc: 30317, http: 30318 } },
    { ports: [{ port: 4317, nodePort: 30317 }, { port: 4318, nodePort: 30318 }] }],
  ['externalTrafficPolicy', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' },
    { externalTrafficPolicy: 'Local' }],
  ['internalTrafficPolicy', { internalTrafficPolicy: 'Local' }, { internalTrafficPolicy: 'Local' }],
  ['trafficDistribution', { trafficDistribution: 'PreferClose' },
    { trafficDistribution: 'PreferClose' }],
  ['sessionAffinity', { sessionAffinity: 'ClientIP' }, { sessionAffinity: 'ClientIP' }],
  ['ipFamilies', { ipFamilies: ['IPv6'] }, { ipFamilies: ['IPv6'] }],
  ['ipFamilyPolicy', { ipFamilyPolicy: 'PreferDualStack' }, { ipFamilyPolicy: 'PreferDualStack' }],
])('the Service gets %s', (_option, service, fields) => {
  expect(gateway({ service }).get('Service', 'gateway').spec).toMatchObject(fields);
});

test('the Service gets annotations and labels, and the headless one addresses of all pods', () => {
  const objects = gateway({
    service: { annotations: { a: 'b' }, labels: { c: 'd' }, publishNotReadyAddresses: true },
  });
  expect(objects.get('Service', 'gateway').metadata).toMatchObject({
    annotations: { a: 'b' }, labels: { 'c': 'd', 'app.kubernetes.io/instance': 'gateway' },
  });
  const headless = objects.get('Service', 'gateway-headless');
  expect(headless.metadata.labels).not.toHaveProperty('c');
  expect(headless.spec.publishNotReadyAddresses).toBe(true);
});

test('metrics are not served to the outside, and found once nevertheless', () => {
  const objects = gateway({ service: { type: 'LoadBalancer' } });
  const withMetrics = objects.all.filter(({ kind, spec }) =>
    kind === 'Service' && spec.ports.some(({ name }: any) => name === 'metrics'));
  expect(withMetrics.map(({ metadata, spec }) => [metadata.name, spec.type]))
    .toEqual([['gateway-metrics', 'ClusterIP']]);
});

test.each<[object, RegExp]>([
  [{ type: 'Public' }, /service: type must be one of ClusterIP, NodePort, LoadBalancer, got "Pub/],
  [{ ipFamilies: ['v4'] }, /service: ipFamilies must be of IPv4, IPv6, got "v4"/],
  [{ loadBalancerClass: 'a' }, /loadBalancerClass needs a Service of type LoadBalancer, got Clust/],
  [{ externalTrafficPolicy: 'Local' }, /externalTrafficPolicy needs .* NodePort or LoadBalancer/],
  [{ loadBalancerIp: '203.0.113.7' }, /loadBalancerIp needs a Service of type LoadBalancer/],
  [{ type: 'LoadBalancer', loadBalancerIp: 'front' }, /loadBalancerIp must be an IP address, got/],
  [{ nodePorts: { grpc: 30317 } }, /nodePorts needs a Service of type NodePort or LoadBalancer/],
  [{ type: 'NodePort', nodePorts: { grpc: 0 } }, /nodePorts\.grpc must be a whole .* got 0/],
  [{ type: 'NodePort', nodePorts: { metrics: 1 } }, /nodePorts must be of grpc, http, got metrics/],
  [{ type: 'NodePort', nodePorts: { grpc: 30317, http: 30317 } }, /differ from .* got 30317 twice/],
  [{ nodePort: 5 }, /service: must be options, which are type, /],
])('refuses what no Service can have, %#', (service, pattern) => {
  expect(gatewaySays({ service })).toEqual([expect.stringMatching(pattern)]);
});

test('the Service of an NGINX gets the same', () => {
  const { spec } = synthesized((chart) => {
    const target = new GatewayDeployment(chart, 'gateway', { exportTo });
    new NginxLoadBalancer(chart, 'front', {
      target,
      service: {
        type: 'LoadBalancer', loadBalancerIp: '203.0.113.7', nodePorts: { grpc: 30317 },
      },
    });
  }).get('Service', 'front');
  expect(spec).toMatchObject({ type: 'LoadBalancer', loadBalancerIP: '203.0.113.7' });
  expect(spec.ports.map(({ nodePort }: any) => nodePort)).toEqual([30317, undefined]);
  expect(spec).not.toHaveProperty('nodePorts');
});

test('ports of nodes are of what the tier takes, and the headless Service has none', () => {
  const service = { type: 'NodePort', nodePorts: { grpc: 30317 } };
  expect(gatewaySays({ service, protocols: [Protocol.HTTP] })).toEqual([
    expect.stringMatching(/nodePorts\.grpc must be among the `protocols` of the tier, got port 30/),
  ]);
  expect(gateway({ service }).get('Service', 'gateway-headless').spec.ports[0])
    .not.toHaveProperty('nodePort');
});

test('resources of other containers are what they are', () => {
  const resources = { requests: { cpu: quantity('5m') } };
  expect(gateway({ pod: { containers: [{ ...sidecar, resources }] } })
    .podOf('gateway').spec.containers[1].resources).toEqual({ requests: { cpu: '5m' } });
});

test('numbers and texts of other containers may be written as Kubernetes does', () => {
  const port = { httpGet: { port: 8080 } };
  const { containers, volumes } = gateway({
    pod: {
      containers: [{
        ...sidecar,
        resources: { requests: { cpu: '5m' }, limits: { memory: 1024 } },
        livenessProbe: port,
        readinessProbe: { tcpSocket: { port: 'web' } },
        env: [{
          name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } },
        }],
      }],
      volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '1Gi' } }],
    },
  }).podOf('gateway').spec;
  expect(containers[1]).toMatchObject({
    resources: { requests: { cpu: '5m' }, limits: { memory: '1024' } },
    livenessProbe: port,
    readinessProbe: { tcpSocket: { port: 'web' } },
    env: [{ valueFrom: { resourceFieldRef: { divisor: '1m' } } }],
  });
  expect(volumes.at(-1)).toEqual({ name: 'scratch', emptyDir: { sizeLimit: '1Gi' } });
});
