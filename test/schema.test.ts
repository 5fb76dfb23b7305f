/** Whether Kubernetes would take what the examples become, and find what it refers to. */
import { join } from 'path';
import * as ts from 'typescript';
import { parse } from 'yaml';
import {
  exampleNames, objectsIn, synthesizeExample, type Manifest,
} from './example-objects';

interface Chart {
  readonly name: string;
  readonly objects: readonly Manifest[];
}

const CHARTS: readonly Chart[] = exampleNames.flatMap((example) =>
  synthesizeExample(example).map(({ name, text }) => (
    { name: `${example}/${name}`, objects: objectsIn(text) })));

const LIBRARIES: Readonly<Record<string, string>> = {
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'cert-manager.io': '@kubernetes-models/cert-manager',
};

/** The package that knows an API version, and the file of a kind in it. */
function modelOf({ apiVersion, kind }: Manifest): string {
  const library = LIBRARIES[apiVersion.split('/')[0]] ?? 'kubernetes-models';
  return `${library}/${apiVersion}/${kind}`;
}

/** Objects as literals of the models' types, in which an unknown key at any depth is an error. */
function typedLiterals(charts: readonly Chart[]): string {
  return charts.flatMap(({ objects }) => objects).map((object, index) =>
    `export const object${index}: import('${modelOf(object)}').I${object.kind} = `
    + `${JSON.stringify(object, null, 1)};`).join('\n');
}

function typeErrors(text: string): string[] {
  const file = join(__dirname, 'manifests-in-memory.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    ignoreDeprecations: '6.0',
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, ...rest) => path === file
    ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest);
  return ts.getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Cluster-wide names hold the namespace in front of a dot. */
const PATH_NAME = /^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])?$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9.-]+\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;

function matches(selector: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

const WORKLOADS = ['DaemonSet', 'Deployment', 'StatefulSet'];

function workloads({ objects }: Chart): Manifest[] {
  return objects.filter(({ kind }) => WORKLOADS.includes(kind));
}

test.each(CHARTS)('every object of $name is what its schema says', ({ objects }) => {
  for (const object of objects) {
    const { [object.kind]: Model } = jest.requireActual(modelOf(object));
    expect(() => new Model(object).validate()).not.toThrow();
  }
});

test('no object has a field that its type does not know', () => {
  expect(typeErrors(typedLiterals(CHARTS))).toEqual([]);
});

test('a field that its type does not know would be seen', () => {
  const [{ objects }] = CHARTS;
  const service = objects.find(({ kind }) => kind === 'Service')!;
  const wrong = { ...service, spec: { ...service.spec, internalTrafficPolice: 'Local' } };
  expect(typeErrors(typedLiterals([{ name: 'wrong', objects: [wrong] }]))).toEqual([
    expect.stringContaining('internalTrafficPolice'),
  ]);
});

test.each(CHARTS)('names, labels and ports of $name are what Kubernetes takes', (chart) => {
  for (const { metadata, kind } of chart.objects) {
    // A StatefulSet's and a DaemonSet's name is the beginning of a label that is longer by eleven.
    const longest = WORKLOADS.includes(kind) ? 52 : 63;
    expect(metadata.name).toMatch(/^ClusterRole/.test(kind) ? PATH_NAME : DNS_LABEL);
    expect(metadata.name.length).toBeLessThanOrEqual(longest);
    for (const [key, value] of Object.entries(metadata.labels ?? {})) {
      expect(key).toMatch(LABEL_KEY);
      expect(value).toMatch(LABEL_VALUE);
    }
  }
  for (const { spec } of workloads(chart)) {
    const names = spec.template.spec.containers[0].ports.map(({ name }: any) => name);
    for (const name of names) expect(name).toMatch(PORT_NAME);
    expect(new Set(names).size).toBe(names.length);
  }
});

test.each(CHARTS)('no two objects of $name are of one kind and name', ({ objects }) => {
  const ids = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each(CHARTS)('every selector of $name selects the pods of one workload', (chart) => {
  const pods = workloads(chart).map(({ spec }) => spec.template.metadata.labels);
  const selectors = chart.objects.flatMap(({ kind, spec }) => {
    if (kind === 'Service') return [spec.selector];
    return WORKLOADS.includes(kind) || kind === 'PodDisruptionBudget'
      ? [spec.selector.matchLabels] : [];
  });
  for (const selector of selectors) {
    expect(pods.filter((labels) => matches(selector, labels))).toHaveLength(1);
  }
});

test.each(CHARTS)('every pod of $name finds its account, configuration and ports', (chart) => {
  const has = (kind: string, name: string) => chart.objects.some((object) =>
    object.kind === kind && object.metadata.name === name);
  for (const { spec } of workloads(chart)) {
    const pod = spec.template.spec;
    const [{ ports, volumeMounts, readinessProbe, livenessProbe, startupProbe }] = pod.containers;
    // Whoever asks nobody for anything may be anybody.
    expect(pod.serviceAccountName === undefined ? pod.automountServiceAccountToken === false
      : has('ServiceAccount', pod.serviceAccountName)).toBe(true);
    for (const { configMap } of pod.volumes) {
      expect(configMap === undefined || has('ConfigMap', configMap.name)).toBe(true);
    }
    const claims = (spec.volumeClaimTemplates ?? []).map(({ metadata }: any) => metadata.name);
    expect(volumeMounts.map(({ name }: any) => name).sort())
      .toEqual([...pod.volumes.map(({ name }: any) => name), ...claims].sort());
    for (const { httpGet } of [readinessProbe, livenessProbe, startupProbe]) {
      expect(ports.map(({ name }: any) => name)).toContain(httpGet.port);
    }
  }
});

/** Whether a pod reads files or interfaces of its node, as only its namespace can allow. */
function isOnHost({ volumes, hostNetwork, hostPID }: any): boolean {
  return hostNetwork === true || hostPID === true
    || volumes.some(({ hostPath }: any) => hostPath !== undefined);
}

test('few pods need more than their namespace is restricted to', () => {
  const needing = CHARTS.flatMap((chart) => workloads(chart)
    .filter(({ spec }) => isOnHost(spec.template.spec))
    .map(({ metadata }) => `${chart.name}: ${metadata.name}`));
  expect(needing).toEqual([
    'agent-to-gateway/telemetry.k8s.yaml: otel-agent',
    'gateway-two-tier/combined.k8s.yaml: agent',
    'kubernetes-monitoring/cluster.k8s.yaml: agent',
  ]);
});

test.each(CHARTS)('all others of $name may run where pod security is restricted', (chart) => {
  for (const { spec } of workloads(chart)) {
    const pod = spec.template.spec;
    if (isOnHost(pod)) continue;
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  }
});

test.each(CHARTS)('every autoscaler of $name scales a workload without replicas', (chart) => {
  for (const { kind, spec } of chart.objects) {
    if (kind !== 'HorizontalPodAutoscaler') continue;
    const target = workloads(chart).find((workload) => workload.kind === spec.scaleTargetRef.kind
      && workload.metadata.name === spec.scaleTargetRef.name);
    expect(target?.spec).not.toHaveProperty('replicas');
    expect(target?.spec.template.spec.containers[0].resources.requests).toHaveProperty('cpu');
  }
  expect(workloads(chart).filter(({ kind, metadata, spec }) => kind !== 'DaemonSet'
    && spec.replicas === undefined && !chart.objects.some((object) =>
    object.kind === 'HorizontalPodAutoscaler' && object.metadata.name === metadata.name)))
    .toEqual([]);
});

test.each(CHARTS)('every monitor of $name finds one port of one Service', ({ objects }) => {
  for (const { kind, spec } of objects) {
    if (kind !== 'ServiceMonitor') continue;
    const [{ port }] = spec.endpoints;
    const found = objects.filter((object) => object.kind === 'Service'
      && matches(spec.selector.matchLabels, object.metadata.labels ?? {})
      && object.spec.ports.some(({ name }: any) => name === port));
    expect(found).toHaveLength(1);
  }
});

test.each(CHARTS)('the configurations of $name are YAML', ({ objects }) => {
  const texts = objects.filter(({ kind }) => kind === 'ConfigMap')
    .flatMap(({ data }) => data['collector.yaml'] ?? []);
  for (const text of texts) expect(parse(text).service.extensions).toContain('health_check');
});
