import { Size } from 'cdk8s';
import {
  Backend, CollectorConfigOverrides, CollectorImage, Monitoring, MultiLayerGateway, SamplingJournal,
  SamplingPolicy, SendingQueue, TailSamplingGateway,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];
const FOLDER = '/var/lib/otelgw/journal';

function sampler(journal: SamplingJournal | undefined, props: object = {}) {
  return synthesized((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, journal, ...props });
  });
}

function samplerSays(props: object) {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, ...props });
  });
}

function mountsOf(objects: ReturnType<typeof sampler>) {
  const { volumes, containers, securityContext } = objects.podOf('sampler').spec;
  const isJournal = ({ name }: { name: string }) => name === 'journal';
  return {
    volumes: volumes.filter(isJournal),
    mounts: containers[0].volumeMounts.filter(isJournal),
    fsGroup: securityContext.fsGroup,
  };
}

test('a journal is on the disk of the pod, which the user of the collector may write to', () => {
  const objects = sampler(SamplingJournal.ephemeral());
  expect(objects.configOf('sampler').processors.tail_sampling.journal)
    .toEqual({ directory: FOLDER, max_mib: 921 });
  expect(mountsOf(objects)).toEqual({
    volumes: [{ name: 'journal', emptyDir: { sizeLimit: '1024Mi' } }],
    mounts: [{ name: 'journal', mountPath: FOLDER }],
    fsGroup: 65532,
  });
  expect(objects.get('StatefulSet', 'sampler').spec).not.toHaveProperty('volumeClaimTemplates');
});

test('one that outlives its pod is on a volume of each, beside that of a queue', () => {
  const queue = SendingQueue.persistent({ size: Size.gibibytes(4), whenScaled: 'Delete' });
  const journal = SamplingJournal.persistent({
    size: Size.gibibytes(2), storageClassName: 'fast',
  });
  const objects = sampler(journal, {
    exportTo: [Backend.otlp('store', { endpoint: 'store:4317', queue })],
  });
  const { spec } = objects.get('StatefulSet', 'sampler');
  expect(spec.volumeClaimTemplates.map(({ metadata, spec: claim }: any) =>
    [metadata.name, claim.storageClassName, claim.resources.requests.storage])).toEqual([
    ['journal', 'fast', '2048Mi'], ['queue', undefined, '4096Mi'],
  ]);
  expect(spec.persistentVolumeClaimRetentionPolicy)
    .toEqual({ whenDeleted: 'Retain', whenScaled: 'Delete' });
  expect(mountsOf(objects)).toEqual({
    volumes: [], mounts: [{ name: 'journal', mountPath: FOLDER }], fsGroup: 65532,
  });
});

test('its volumes are kept where no queue says what becomes of them', () => {
  const { spec } = sampler(SamplingJournal.persistent()).get('StatefulSet', 'sampler');
  expect(spec.persistentVolumeClaimRetentionPolicy)
    .toEqual({ whenDeleted: 'Retain', whenScaled: 'Retain' });
  expect(spec.volumeClaimTemplates[0].spec).not.toHaveProperty('storageClassName');
});

test('without one nothing of it is there', () => {
  const objects = sampler(undefined);
  expect(objects.configOf('sampler').processors.tail_sampling).not.toHaveProperty('journal');
  expect(mountsOf(objects)).toMatchObject({ volumes: [], mounts: [] });
});

test('a layer of a chain may have one', () => {
  const tailSampling = { policies, journal: SamplingJournal.ephemeral() };
  const objects = synthesized((chart) => {
    new MultiLayerGateway(chart, 'chain', { exportTo, layers: [{ name: 'a', tailSampling }] });
  });
  expect(objects.configOf('chain-a').processors.tail_sampling.journal.directory).toBe(FOLDER);
});

test('a journal that is not written is told of by an alert, where there is one', () => {
  const alerts = (journal?: SamplingJournal) => sampler(journal, {
    monitoring: Monitoring.prometheusOperator(),
  }).get('PrometheusRule', 'sampler').spec.groups[0].rules
    .filter(({ alert }: { alert: string }) => alert === 'CollectorJournalIsNotWritten');
  expect(alerts()).toEqual([]);
  expect(alerts(SamplingJournal.ephemeral())).toEqual([expect.objectContaining({
    expr: 'sum by (pod) (rate(otelgw_tail_sampling_journal_unwritten_spans{'
      + 'namespace="observability",service="sampler"}[5m])) > 0',
  })]);
});

test.each([
  ['too little room', { journal: SamplingJournal.ephemeral({ size: Size.mebibytes(31) }) },
    /journal: size must be 32 MiB at least, got 31\. → leave `size` out/],
  ['room that is no size', { journal: SamplingJournal.persistent({ size: 5 } as any) },
    /journal\.size: must be a Size of whole mebibytes, got 5/],
  ['a folder in its place', { journal: '/tmp' },
    /journal: must be a SamplingJournal, got .* → give `journal` SamplingJournal\.ephemeral\(\)/],
  ['less disk than it may fill', {
    journal: SamplingJournal.ephemeral(), pod: { ephemeralStorage: Size.mebibytes(1000) },
  }, /pod: ephemeralStorage must be the 1024 MiB of queues and journals on disk at least/],
  ['an image of upstream', {
    journal: SamplingJournal.ephemeral(), image: CollectorImage.contrib('0.159.0'),
  }, /tail_sampling\.journal: exists in the collector of this project only/],
])('%s is told', (_, props, sentence) => {
  expect(samplerSays(props)).toEqual([expect.stringMatching(sentence)]);
});

function samplerIn(directory: string, props: object = {}) {
  const config = CollectorConfigOverrides.fromYaml(
    JSON.stringify({ processors: { tail_sampling: { journal: { directory } } } }));
  return samplerSays({ journal: SamplingJournal.persistent(), config, ...props });
}

const disk = (mount: object) => ({
  pod: {
    volumes: [{ name: 'own', emptyDir: {} }],
    volumeMounts: [{ name: 'own', mountPath: '/else', ...mount }],
  },
});

test.each([
  ['outside every volume', '/elsewhere', {}],
  ['beside a volume of nearly that name', '/elsewhere', disk({})],
  ['out of its volume', `${FOLDER}/../../elsewhere`, {}],
  ['on a volume that is read only', '/else/where', disk({ readOnly: true })],
  ['beside the configuration', '/etc/otelgw/journal', {}],
])('a journal %s is told', (_, directory, props) => {
  expect(samplerIn(directory, props)).toEqual([
    '[telemetry/sampler] processors.tail_sampling.journal.directory: must be on a volume that can'
    + ` be written to, for the root file system of the pods is read-only, got "${directory}". →`
    + ' leave `directory` out of `config` and give `journal` SamplingJournal.persistent(), or mount'
    + ' a volume there by `volumes` and `volumeMounts` of `pod`.',
  ]);
});

test.each([
  ['below its own volume', `${FOLDER}/a/`, {}],
  ['on a volume of the pod', '/else/where', disk({ mountPath: '/else/' })],
  ['on a volume in one that is read only', '/etc/otelgw/own', disk({
    mountPath: '/etc/otelgw/own',
  })],
  ['where a variable says', '${env:POD_NAME}', {}],
  ['on a root that can be written to', '/elsewhere', {
    pod: { containerSecurityContext: { readOnlyRootFilesystem: false } },
  }],
])('a journal %s is right', (_, directory, props) => {
  expect(samplerIn(directory, props)).toEqual([]);
});
