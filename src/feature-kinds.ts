/** What the props of features must be. */
import { HostScraper } from './features/host-metrics';
import { KubeletMetadata, KubeletMetricGroup } from './features/kubelet-metrics';
import { KubernetesAttribute, KubernetesObject } from './features/kubernetes-attribute';
import { ResourceDetector } from './features/resource-detection';
import { LogLevel, MetricLevel } from './features/self-telemetry';
import { durationOf, listOf, oneOf, required, type Kind } from './prop-kinds';

type Kinds = Readonly<Record<string, Kind>>;

/** Where a kind says nothing by itself, the feature's own example does. */
const NO_EXAMPLE = '';

const text: Kind = {
  is: (value) => typeof value === 'string' && value !== '', wanted: 'a text', example: NO_EXAMPLE,
};
const flag: Kind = {
  is: (value) => typeof value === 'boolean', wanted: 'true or false', example: 'true',
};
const steps: Kind = {
  is: (value) => Array.isArray(value)
    && value.every((step) => typeof (step as { type?: unknown } | null)?.type === 'string'),
  wanted: 'a list of steps, each with its type',
  example: NO_EXAMPLE,
};
const texts = listOf(text, 'a list of texts', NO_EXAMPLE);
const interval = durationOf('seconds', 1, 30);

/** A list of values of an enumeration. */
function listOfEnum(values: Readonly<Record<string, string>>, example: string): Kind {
  const one = oneOf(Object.values(values), example);
  return listOf(one, `a list of ${Object.values(values).join(', ')}`, `[${example}]`);
}

/** Options by name, each of its kind, and no others. */
function optionsOf(kinds: Kinds, example: string): Kind {
  const isRight = (given: Readonly<Record<string, unknown>>) =>
    Object.keys(given).every((key) => key in kinds)
    && Object.entries(kinds).every(([key, kind]) => given[key] === undefined
      ? kind.isRequired !== true : kind.is(given[key]));
  const all = Object.entries(kinds).map(([key, { wanted }]) => `${key} (${wanted})`);
  return {
    is: (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
      && isRight(value as Record<string, unknown>),
    wanted: `options, which are ${all.join('; ')}`,
    example,
  };
}

const fields = listOf(optionsOf({
  key: required(text), tagName: text, from: oneOf(Object.values(KubernetesObject), NO_EXAMPLE),
}, NO_EXAMPLE), 'a list of options with a key each', NO_EXAMPLE);

/** Features of all tiers. */
export const CLUSTER_FEATURE_KINDS: Kinds = {
  kubernetesAttributes: optionsOf({
    extract: {
      ...listOfEnum(KubernetesAttribute, 'KubernetesAttribute.POD_NAME'),
      wanted: 'a list of KubernetesAttributes',
    },
    labels: fields,
    annotations: fields,
    deploymentNameFromReplicaSet: flag,
    isByConnection: flag,
    passthrough: flag,
  }, '{}'),
  resourceDetection: listOfEnum(ResourceDetector, 'ResourceDetector.ENV'),
  clusterMetrics: optionsOf({
    interval,
    nodeConditionsToReport: texts,
    allocatableTypesToReport: texts,
    isOpenShift: flag,
  }, '{}'),
  kubernetesEvents: optionsOf({ namespaces: texts }, '{}'),
  selfTelemetry: optionsOf({
    logLevel: oneOf(Object.values(LogLevel), NO_EXAMPLE),
    metricLevel: oneOf(Object.values(MetricLevel), NO_EXAMPLE),
  }, '{ logLevel: LogLevel.WARN }'),
};

/** Features of agents. */
export const HOST_FEATURE_KINDS: Kinds = {
  hostMetrics: optionsOf(
    { interval, scrapers: listOfEnum(HostScraper, 'HostScraper.CPU') },
    '{ scrapers: [HostScraper.CPU] }'),
  containerLogs: optionsOf({
    include: texts,
    exclude: texts,
    isFromBeginning: flag,
    hasCheckpoints: flag,
    lineStartPattern: text,
    operators: steps,
    isDocker: flag,
  }, '{}'),
  kubeletMetrics: optionsOf({
    interval,
    metricGroups: listOfEnum(KubeletMetricGroup, NO_EXAMPLE),
    extraMetadataLabels: listOfEnum(KubeletMetadata, NO_EXAMPLE),
    hasLimitUtilization: flag,
    hasNodeUtilization: flag,
    endpoint: text,
    insecureSkipVerify: flag,
  }, '{}'),
  profiling: flag,
};

/** The same features on tiers that are not on every node. */
export const NO_HOST_FEATURE_KINDS: Kinds = Object.fromEntries(
  Object.keys(HOST_FEATURE_KINDS).map((feature) => [feature, {
    is: () => false,
    wanted: 'left to agents, which are on the node that it is about',
    example: 'to the AgentDaemonSet',
  }]));
