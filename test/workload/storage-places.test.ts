import { Size } from 'cdk8s';
import {
  AgentDaemonSet, Backend, CollectorConfigOverrides, CollectorImage, GatewayStatefulSet,
  SendingQueue,
} from '../../src';
import { complaints } from '../synthesized';

const USUAL = '/var/lib/otelcol/file_storage';
const WAY = ' → give a queue SendingQueue.persistent({ size }) or SendingQueue.ephemeral({ size })'
  + ' in its place, or mount a volume there by `volumes` and `volumeMounts` of `pod`.';

function says(storage: object, props: object = {}, isUsed = true) {
  const config = CollectorConfigOverrides.fromYaml(JSON.stringify({
    extensions: { file_storage: storage },
    ...isUsed
      ? { exporters: { 'otlp_grpc/store': { sending_queue: { storage: 'file_storage' } } } } : {},
    service: { extensions: ['health_check', 'file_storage'] },
  }));
  return complaints((chart) => {
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.otlp('store', { endpoint: 'store:4317' })], config, ...props,
    });
  });
}

const sentence = (key: string, got: string) =>
  `[telemetry/agent] extensions.file_storage.${key}: must be on a volume that can be written to,`
  + ` for the root file system of the pods is read-only, got ${got}.${WAY}`;

const mounted = (mount: object = {}) => ({
  volumes: [{ name: 'own', emptyDir: {} }],
  volumeMounts: [{ name: 'own', mountPath: '/else', ...mount }],
});
const image = CollectorImage.contrib('0.159.0');

test.each([
  ['in no volume', { directory: '/data', create_directory: true }, {}],
  ['in no volume of an image of upstream', { directory: '/data' }, { image }],
  ['beside a volume of nearly that name', { directory: '/elsewhere' }, { pod: mounted() }],
  ['in a volume that is read only', { directory: '/else' }, { pod: mounted({ readOnly: true }) }],
])('a storage %s is told', (_, storage, props) => {
  expect(says(storage, props)).toEqual([
    sentence('directory', JSON.stringify(storage.directory)),
  ]);
});

test('a storage of which nothing is said is where upstream has it', () => {
  expect(says({})).toEqual([sentence('directory', `nothing, which is ${USUAL}`)]);
});

test.each(['on_start', 'on_rebound'])('compaction %s needs a place to write to, too', (when) => {
  const directory = '/else';
  const props = { pod: mounted() };
  expect(says({ directory, compaction: { [when]: true } }, props)).toEqual([
    sentence('compaction.directory', `nothing, which is ${USUAL}`),
  ]);
  expect(says({ directory, compaction: { [when]: true, directory: '/tmp' } }, props)).toEqual([
    sentence('compaction.directory', '"/tmp"'),
  ]);
  expect(says({ directory, compaction: { [when]: true, directory } }, props)).toEqual([]);
  expect(says({ directory, compaction: { [when]: false } }, props)).toEqual([]);
});

test.each([
  ['below a volume', { directory: '/else/where', create_directory: true }, { pod: mounted() }],
  ['where a variable says', { directory: '${env:POD_NAME}' }, {}],
  ['on a root that can be written to', { directory: '/data' }, {
    pod: { containerSecurityContext: { readOnlyRootFilesystem: false } },
  }],
])('a storage %s is right', (_, storage, props) => {
  expect(says(storage, props)).toEqual([]);
});

test('a storage that nobody uses keeps only our own collector from starting', () => {
  expect(says({ directory: '/data' }, { image }, false)).toEqual([]);
  expect(says({ directory: '/data' }, {}, false)).toHaveLength(1);
});

test('what queues on disk bring along is right wherever they wait', () => {
  for (const queue of ['persistent', 'ephemeral'] as const) {
    expect(complaints((chart) => {
      new GatewayStatefulSet(chart, 'gateway', {
        exportTo: [Backend.otlp('store', {
          endpoint: 'store:4317', queue: SendingQueue[queue]({ size: Size.gibibytes(1) }),
        })],
      });
    })).toEqual([]);
  }
});
