/** What the constructs write, before a real API server and real controllers. */
import { execFileSync } from 'child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { App, Chart } from 'cdk8s';
import { parseAllDocuments, stringify } from 'yaml';
import { ControlPlane, TOOLS } from './control-plane';
import { Backend, GatewayDeployment, Scaling } from '../../src';
import { exampleNames, objectsIn, synthesizeExample, type Manifest } from '../example-objects';

interface Story {
  readonly namespace: string;
  readonly text: string;
  readonly objects: readonly Manifest[];
}

/** Every chart of every example, in a namespace of its own. */
const STORIES = exampleNames.flatMap((name) => synthesizeExample(name).map((file): Story => {
  const [given] = objectsIn(file.text).flatMap(({ metadata }) => metadata.namespace ?? []);
  const namespace = `${name}-${file.name.replace('.k8s.yaml', '')}`;
  const text = file.text.replaceAll(`namespace: ${given}\n`, `namespace: ${namespace}\n`);
  return { namespace, text, objects: objectsIn(text) };
}));
const WORKLOADS = ['DaemonSet', 'Deployment', 'StatefulSet'];

/** Restricted, but where a chart reads files of its nodes. */
function podSecurity({ objects }: Story): string[] {
  const isHost = objects.some(({ kind, spec }) => WORKLOADS.includes(kind)
    && (spec.template.spec.volumes ?? []).some(({ hostPath }: any) => hostPath !== undefined));
  const level = isHost ? 'privileged' : 'restricted';
  return ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=${level}`);
}

/**
 * What a configuration asks the API server for, by words that stand in it. Written by hand from
 * what the components are for, and not from how the constructs find it out.
 */
const NEEDS: readonly (readonly [
  words: RegExp, verb: string, resource: string, where: 'here' | 'everywhere',
])[] = [
  [/^ +k8s:$/m, 'watch', 'endpointslices.discovery.k8s.io', 'here'],
  [/k8s_attributes|k8s_cluster/, 'watch', 'pods', 'everywhere'],
  [/kubelet_stats/, 'get', 'nodes/stats', 'everywhere'],
  [/k8s_cluster/, 'list', 'nodes', 'everywhere'],
  [/k8s_cluster/, 'watch', 'deployments.apps', 'everywhere'],
  [/k8s_cluster/, 'watch', 'cronjobs.batch', 'everywhere'],
  [/k8s_cluster/, 'watch', 'horizontalpodautoscalers.autoscaling', 'everywhere'],
  [/k8s_events/, 'watch', 'events', 'everywhere'],
  [/k8s_leader_elector/, 'create', 'leases.coordination.k8s.io', 'here'],
  [/k8s_cluster|k8s_api|k8snode/, 'get', 'nodes', 'everywhere'],
];
const NOBODY = [
  ['get', 'secrets'], ['list', 'configmaps'], ['create', 'pods'], ['delete', 'pods'],
  ['get', 'nodes/proxy'], ['patch', 'nodes'], ['create', 'pods/exec'],
  ['delete', 'endpointslices.discovery.k8s.io'], ['create', 'serviceaccounts/token'],
] as const;

let cluster: ControlPlane;

/** The simulated nodes get the labels that pods ask for, each node one value of a label. */
function labelNodes(): void {
  const wanted = new Set(STORIES.flatMap(({ objects }) => objects).flatMap(({ spec }) =>
    Object.entries<string>(spec?.template?.spec?.nodeSelector ?? {})
      .filter(([key]) => key !== 'kubernetes.io/os').map((entry) => entry.join('='))));
  const nodes = cluster.kubectl(['get', 'nodes', '-o', 'name']).text.trim().split('\n');
  [...wanted].forEach((label, index) => cluster.kubectl(
    ['label', '--overwrite', nodes[index % nodes.length], label]));
}

/** Nobody makes volumes here, so there are some before they are claimed. */
function offerVolumes(count: number): void {
  const volumes = Array.from({ length: count }, (_, index) => stringify({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `volume-${index}` },
    spec: {
      capacity: { storage: '100Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: `/var/lib/volumes/${index}` },
    },
  }));
  expect(apply(volumes.join('---\n'))).toMatchObject({ ok: true });
}

beforeAll(() => {
  cluster = new ControlPlane();
  labelNodes();
  offerVolumes(6);
  for (const story of STORIES) {
    cluster.kubectl(['create', 'namespace', story.namespace]);
    cluster.kubectl(['label', 'namespace', story.namespace, ...podSecurity(story)]);
  }
}, 300_000);
afterAll(() => cluster.down(), 60_000);

const apply = (text: string) => cluster.kubectl(
  ['apply', '--server-side', '--validate=strict', '--warnings-as-errors', '-f', '-'], text);

const CASES = STORIES.map((story): [string, Story] => [story.namespace, story]);

describe.each(CASES)('%s', (_name, story) => {
  const { namespace, objects } = story;
  const inNamespace = (...words: string[]) => cluster.kubectl(['-n', namespace, ...words]);
  const named = (kind: string) => objects.filter((object) => object.kind === kind)
    .map(({ metadata }) => metadata.name);

  test('is accepted strictly, without a warning, where pods are restricted', () => {
    expect(apply(story.text)).toMatchObject({ ok: true });
  });

  test('brings all its pods up, and its Services lead to them', () => {
    for (const { metadata } of objects.filter((each) => WORKLOADS.includes(each.kind))) {
      const pods = ['pod', '-l', `app.kubernetes.io/instance=${metadata.name}`, '--timeout=30s'];
      expect(inNamespace('wait', '--for=create', ...pods)).toMatchObject({ ok: true });
      expect(inNamespace('wait', '--for=condition=Ready', ...pods)).toMatchObject({ ok: true });
    }
    for (const service of named('Service')) {
      const { text } = inNamespace('get', 'endpointslices', '-o', 'jsonpath={..addresses}',
        '-l', `kubernetes.io/service-name=${service}`);
      expect(text).toMatch(/10\.\d+\.\d+\.\d+/);
    }
  });

  test('lets accounts do what their configuration needs, and nothing else', () => {
    for (const account of named('ServiceAccount')) {
      const may = (verb: string, resource: string, ...rest: string[]) => {
        const [kind, part] = resource.split('/');
        return inNamespace(
          'auth', 'can-i', verb, kind, ...part === undefined ? [] : [`--subresource=${part}`],
          ...rest, `--as=system:serviceaccount:${namespace}:${account}`).ok;
      };
      const config = objects.find(({ kind, metadata }) =>
        kind === 'ConfigMap' && metadata.name === `${account}-config`)?.data?.['collector.yaml']
        ?? '';
      for (const [words, verb, resource, where] of NEEDS) {
        const scope = where === 'everywhere' ? ['--all-namespaces'] : [];
        expect([account, verb, resource, may(verb, resource, ...scope)])
          .toEqual([account, verb, resource, words.test(config)]);
      }
      for (const [verb, resource] of NOBODY) {
        expect([account, verb, resource, may(verb, resource)])
          .toEqual([account, verb, resource, false]);
      }
    }
  });

});

const RULES = STORIES.flatMap(({ objects }) => objects)
  .filter(({ kind }) => kind === 'PrometheusRule')
  .map(({ metadata, spec }): [string, object] => [metadata.name, spec]);

test.each(RULES)('the alert rules of %s are read by Prometheus', (name, spec) => {
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-rules-'));
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, stringify(spec));
  expect(execFileSync(join(TOOLS, 'promtool'), ['check', 'rules', file], { encoding: 'utf8' }))
    .toContain('SUCCESS');
  rmSync(folder, { recursive: true });
});

test('words that YAML 1.1 takes for booleans and numbers arrive as they are', () => {
  const namespace = 'y';
  const words = ['y', 'on', '010', '0o10', '1_000', '1:30', '2001-01-01', 'null', '~'];
  const outdir = mkdtempSync(join(tmpdir(), 'otelgw-words-'));
  const app = new App({ outdir });
  const chart = new Chart(app, 'words', { namespace, labels: { enabled: 'on', number: '010' } });
  new GatewayDeployment(chart, 'gateway', {
    exportTo: [Backend.otlp('store', {
      endpoint: 'http://store:4317',
      headers: Object.fromEntries(words.map((word, index) => [`h${index}`, word])),
    })],
    scaling: Scaling.fixed(1),
  });
  const text = app.synthYaml();
  rmSync(outdir, { recursive: true });
  cluster.kubectl(['create', 'namespace', namespace]);
  expect(apply(text)).toMatchObject({ ok: true });
  const config = JSON.parse(cluster.kubectl(
    ['-n', namespace, 'get', 'configmap', 'gateway-config', '-o', 'json']).text);
  const [read] = parseAllDocuments(config.data['collector.yaml']).map((each) => each.toJS());
  expect(Object.values(read.exporters['otlp_grpc/store'].headers)).toEqual(words);
  expect(config.metadata.labels).toMatchObject({ enabled: 'on', number: '010' });
});
