import { Size } from 'cdk8s';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, GatewayStatefulSet,
  MultiLayerGateway, SamplingPolicy, SendingQueue, TailSamplingGateway,
} from '../../src';
import { complaints, synthesized, type Objects } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];
const size = Size.gibibytes(4);
const persistent = SendingQueue.persistent({ size });
const FOLDER = '/var/lib/otelgw/queue';

type Tier = new (scope: any, id: string, props: any) => unknown;

/** A tier `tier` that forwards to a gateway. */
function tier(Kind: Tier, props: object): Objects {
  return synthesized((chart) => {
    const next = new GatewayDeployment(chart, 'next', { exportTo });
    new Kind(chart, 'tier', { forwardTo: next, ...props });
  });
}

function tierSays(Kind: Tier, props: object): string[] {
  return complaints((chart) => {
    const next = new GatewayDeployment(chart, 'next', { exportTo });
    new Kind(chart, 'tier', { forwardTo: next, ...props });
  });
}

test.each<[string, Tier, object]>([
  ['gateway', GatewayStatefulSet, {}],
  ['sampler', TailSamplingGateway, { policies }],
])('each pod of a %s keeps its queue on a volume of its own', (_kind, Kind, props) => {
  const { spec } = tier(Kind, { queue: persistent, ...props }).get('StatefulSet', 'tier');
  expect(spec.volumeClaimTemplates).toEqual([{
    metadata: { name: 'queue' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '4096Mi' } } },
  }]);
  expect(spec.persistentVolumeClaimRetentionPolicy)
    .toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
  expect(spec.template.spec.containers[0].volumeMounts).toContainEqual(
    { name: 'queue', mountPath: FOLDER });
  expect(spec.template.spec.securityContext).toMatchObject(
    { fsGroup: 65532, fsGroupChangePolicy: 'OnRootMismatch' });
});

test('volumes are of a class, and go when they are told to', () => {
  const queue = SendingQueue.persistent(
    { size, storageClassName: 'fast', whenDeleted: 'Delete', whenScaled: 'Delete' });
  const { spec } = tier(GatewayStatefulSet, { queue }).get('StatefulSet', 'tier');
  expect(spec.volumeClaimTemplates[0].spec.storageClassName).toBe('fast');
  expect(spec.persistentVolumeClaimRetentionPolicy)
    .toEqual({ whenDeleted: 'Delete', whenScaled: 'Delete' });
});

test('the collector is ours, which keeps requests in files', () => {
  const objects = tier(GatewayStatefulSet, { queue: persistent });
  const { exporters, extensions, service } = objects.configOf('tier');
  expect(objects.podOf('tier').spec.containers[0].image).toMatch(/otelgw/);
  expect(exporters['otlp_grpc/next'].sending_queue).toEqual({
    enabled: true,
    storage: 'file_storage/queue',
    sizer: 'bytes',
    queue_size: 3 * 1024 ** 3,
    batch: { flush_timeout: '200ms', min_size: 1024, max_size: 2048, sizer: 'items' },
  });
  expect(extensions['file_storage/queue']).toEqual({
    directory: FOLDER,
    compaction: { on_rebound: true, directory: FOLDER, cleanup_on_start: true },
  });
  expect(service.extensions).toEqual(['health_check', 'file_storage/queue']);
});

test.each<[object, object]>([
  [{ requests: 50, consumers: 3 }, { queue_size: 50, num_consumers: 3 }],
  [{ items: 5000, blockOnOverflow: true },
    { sizer: 'items', queue_size: 5000, block_on_overflow: true }],
])('a queue on disk holds what it is told to, %#', (options, written) => {
  const queue = SendingQueue.persistent({ size, ...options });
  expect(tier(GatewayStatefulSet, { queue }).configOf('tier').exporters['otlp_grpc/next']
    .sending_queue).toMatchObject({ enabled: true, storage: 'file_storage/queue', ...written });
});

test('a queue in memory counts requests or items', () => {
  const queue = SendingQueue.inMemory({ items: 5000 });
  expect(tier(GatewayDeployment, { queue }).configOf('tier').exporters['otlp_grpc/next']
    .sending_queue).toEqual({ enabled: true, sizer: 'items', queue_size: 5000 });
});

test('an agent keeps its queue in a folder of its node, which is given to its user first', () => {
  const objects = tier(AgentDaemonSet, { queue: persistent });
  const { volumes, initContainers, containers } = objects.podOf('tier').spec;
  expect(volumes).toContainEqual({
    name: 'queue',
    hostPath: { path: '/var/lib/otelgw/observability/tier/queue', type: 'DirectoryOrCreate' },
  });
  expect(containers[0].volumeMounts).toContainEqual({ name: 'queue', mountPath: FOLDER });
  expect(initContainers).toEqual([expect.objectContaining({
    image: 'busybox:1.37.0',
    command: ['chown', '-R', '65532:65532', FOLDER],
    securityContext: expect.objectContaining({
      runAsUser: 0, capabilities: { drop: ['ALL'], add: ['CHOWN'] },
    }),
  })]);
  expect(objects.get('DaemonSet', 'tier').spec.updateStrategy.rollingUpdate)
    .toEqual({ maxSurge: 0, maxUnavailable: '10%' });
});

test('the image that gives away folders can be one of a mirror; root needs none', () => {
  const owners = (pod: object) => tier(AgentDaemonSet, { queue: persistent, pod })
    .podOf('tier').spec.initContainers;
  expect(owners({ hostFolderImage: 'mirror/busybox:1' })[0].image).toBe('mirror/busybox:1');
  expect(owners({ securityContext: { runAsUser: 0, runAsNonRoot: false } })).toBeUndefined();
});

test('a queue that goes with its pod is on the disk of any pod', () => {
  const queue = SendingQueue.ephemeral({ size });
  const { volumes, containers } = tier(GatewayDeployment, { queue }).podOf('tier').spec;
  expect(volumes).toContainEqual({ name: 'queue', emptyDir: { sizeLimit: '4096Mi' } });
  expect(containers[0].volumeMounts).toContainEqual({ name: 'queue', mountPath: FOLDER });
});

test('a layer with a persistent queue is a StatefulSet', () => {
  const objects = synthesized((chart) => {
    new MultiLayerGateway(chart, 'chain', {
      exportTo, layers: [{ name: 'one', queue: persistent }, { name: 'two' }],
    });
  });
  expect(objects.has('StatefulSet', 'chain-one')).toBe(true);
  expect(objects.has('Deployment', 'chain-two')).toBe(true);
});

test('who forwards to a gateway with volumes spreads over its pods', () => {
  const objects = synthesized((chart) => {
    const gateway = new GatewayStatefulSet(chart, 'gateway', { exportTo });
    new AgentDaemonSet(chart, 'agent', { forwardTo: gateway });
  });
  expect(objects.configOf('agent').exporters['otlp_grpc/gateway'].endpoint)
    .toBe('dns:///gateway-headless.observability.svc.cluster.local:4317');
  expect(objects.get('StatefulSet', 'gateway').spec.serviceName).toBe('gateway-headless');
});

test('a queue that names a storage by itself needs it among the extensions', () => {
  const queue = { sending_queue: { storage: 'file_storage/mine' } };
  const raw = Backend.fromYaml('raw', 'kafka', queue);
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'tier', { exportTo: [raw] });
  })).toEqual([expect.stringMatching(
    /kafka\/raw\.sending_queue\.storage: must be one of the extensions \(health_check\), got/)]);
});

test.each<[Tier, object, RegExp]>([
  [GatewayDeployment, { queue: persistent },
    /queue: must be on a volume of each pod's own, .* → use a GatewayStatefulSet, or SendingQueue/],
  [GatewayStatefulSet, { queue: SendingQueue.persistent({ size: Size.mebibytes(1) }) },
    /queue: size must be a Size of whole mebibytes, 16 at least, got 1\. → /],
  [GatewayStatefulSet, { queue: SendingQueue.persistent({} as any) }, /queue: size must .*nothing/],
  [GatewayStatefulSet, { queue: SendingQueue.persistent({ size, whenScaled: 'Keep' }) },
    /queue: whenScaled must be Retain or Delete, got "Keep"/],
  [GatewayStatefulSet, { queue: SendingQueue.persistent({ size, items: 1, requests: 1 }) },
    /queue: must count requests or items, got both/],
  [GatewayStatefulSet, { queue: persistent, image: CollectorImage.contrib('0.129.0') },
    /sizer: may only be requests beside `storage` before 0\.130, got an image of 0\.129\.0/],
])('refuses a queue that nobody can keep, %#', (Kind, props, pattern) => {
  expect(tierSays(Kind, props)).toEqual([expect.stringMatching(pattern)]);
});
