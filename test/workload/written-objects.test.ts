/** Whether Kubernetes would take what every option together becomes. */
import { Duration, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, GatewayStatefulSet, HostPorts,
  Placement, Platform, PriorityClass, SendingQueue, ServiceAccount, WorkloadIdentity,
} from '../../src';
import { synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const queue = SendingQueue.persistent({ size: Size.gibibytes(1), storageClassName: 'fast' });
const common = {
  platform: Platform.openShift(),
  serviceAccount: ServiceAccount.create({
    identity: WorkloadIdentity.azure('00000000-0000-0000-0000-000000000001'),
    imagePullSecrets: ['pull'],
  }),
  pod: {
    labels: { team: 'shop' },
    annotations: { note: 'x' },
    env: { A: 'a' },
    envVars: [{ name: 'B', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } }],
    envFrom: [{ secretRef: { name: 'more' } }],
    cpuLimitMillis: 4000,
    memoryRequest: Size.mebibytes(200),
    ephemeralStorage: Size.gibibytes(1),
    resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
    startupProbe: { period: Duration.seconds(3), terminationGracePeriod: Duration.seconds(4) },
    readinessProbe: { successThreshold: 2 },
    lifecycle: { postStart: { exec: { command: ['/bin/true'] } } },
    hostAliases: [{ ip: '10.0.0.9', hostnames: ['old'] }],
    hostUsers: true,
    dnsConfig: { options: [{ name: 'ndots', value: '2' }] },
    imagePullSecrets: ['pull'],
    shareProcessNamespace: true,
    securityContext: { supplementalGroups: [5] },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
    initContainers: [{ name: 'first', image: 'first:1', restartPolicy: 'Always' }],
    volumes: [{ name: 'rules', configMap: { name: 'rules' } }],
    volumeMounts: [{ name: 'rules', mountPath: '/rules' }],
  },
};

const ORDERED = { partition: 1, podManagementPolicy: 'OrderedReady' };

const objects = synthesized((chart) => {
  new PriorityClass(chart, 'telemetry', { value: 1000, description: 'Agents.' });
  const deployment = new GatewayDeployment(chart, 'deployment', {
    exportTo,
    ...common,
    image: CollectorImage.contrib('0.159.0'),
    placement: Placement.offSpotNodes({
      isSpreadStrict: true,
      tolerations: [{ effect: 'NoExecute', tolerationPeriod: Duration.minutes(1) }],
    }),
    rollout: { maxSurge: k8s.IntOrString.fromString('50%'), minReady: Duration.seconds(9) },
    service: {
      type: 'LoadBalancer',
      loadBalancerClass: 'c',
      loadBalancerIp: '203.0.113.7',
      nodePorts: { grpc: 30317 },
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      externalTrafficPolicy: 'Local',
      trafficDistribution: 'PreferClose',
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'PreferDualStack',
    },
  });
  const stateful = new GatewayStatefulSet(
    chart, 'stateful', { forwardTo: deployment, ...common, queue, rollout: ORDERED });
  new AgentDaemonSet(chart, 'agent', {
    forwardTo: stateful,
    ...common,
    queue,
    hostPorts: HostPorts.same(),
    placement: Placement.everyLinuxNode(),
    rollout: { strategy: 'OnDelete' },
    platform: Platform.eks(),
  });
});

test.each(objects.all.map((object) => [`${object.kind} ${object.metadata.name}`, object] as const))(
  '%s is what its schema says', (_name, object) => {
    const { [object.kind]: Model } = jest.requireActual(
      `kubernetes-models/${object.apiVersion}/${object.kind}`);
    expect(() => new Model(object).validate()).not.toThrow();
  });

test('nothing of it was dropped on the way', () => {
  expect(objects.get('Service', 'deployment').spec.trafficDistribution).toBe('PreferClose');
  expect(objects.podOf('agent').spec.initContainers.map(({ name }: any) => name))
    .toEqual(['owner', 'first']);
  expect(objects.podOf('agent').spec.initContainers[1].restartPolicy).toBe('Always');
});
