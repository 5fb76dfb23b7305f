/** What is wrong with what pods were told, as sentences that say what to do. */
import type { Size } from 'cdk8s';
import { POD_FIELDS, type CollectorPod } from './collector-pod';
import { isWholeSeconds } from './durations';
import { podLabels } from './labels';
import { isLabel } from './placement';
import type { PodOptions, ProbeOptions } from './pod-options';
import { nodeChoiceProblems } from './pod-placement';
import { ownVolumeNames } from './pod-volumes';

/** What is wrong with the options of a pod. */
export function podProblems(pod: CollectorPod): string[] {
  return [
    ...labelProblems(pod),
    ...variableProblems(pod),
    ...imageProblems(pod),
    ...resourceProblems(pod),
    ...probeProblems(pod.options),
    ...switchProblems(pod.options),
    ...volumeProblems(pod),
    ...containerProblems(pod.options),
    ...nodeChoiceProblems(pod),
  ];
}

function labelProblems({ tier, options, account }: CollectorPod): string[] {
  const own = { ...account.podLabels, ...podLabels(tier) };
  const labels = Object.entries<unknown>(options.labels ?? {});
  const malformed = labels.filter((label) => !isLabel(label));
  const taken = labels.filter(([key, value]) => key in own && own[key] !== value);
  return [
    ...malformed.map(([key, value]) => 'pod: labels must be what Kubernetes takes, with texts as'
      + ` values, got ${JSON.stringify({ [key]: value })}.`
      + '\n→ write { \'example.com/team\': \'shop\' }, for example.'),
    ...taken.map(([key, value]) => `pod: label ${key} must stay ${own[key]}, by which the pods are`
      + ` found, got ${JSON.stringify(value)}.\n→ use another label.`),
  ];
}

function variableProblems({ options, secrets, parts }: CollectorPod): string[] {
  const { env = {}, envVars = [] } = options;
  const names = [...Object.keys(env), ...envVars.map(({ name }) => name)];
  const brought = parts.flatMap(({ env = [] }) => env.map(({ name }) => name));
  const taken = new Set([...Object.keys(POD_FIELDS), ...secrets.keys(), ...brought]);
  const texts = Object.entries<unknown>(env).filter(([, value]) => typeof value !== 'string');
  return [
    ...texts.map(([name, value]) => `pod: env must hold texts, got ${JSON.stringify(value)} for`
      + ` ${name}.\n→ put it in quotes.`),
    ...names.filter((name) => taken.has(name)).map((name) =>
      `pod: env must leave ${name} to what is written by itself, got another value for it.`
      + '\n→ use another name.'),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) =>
      `pod: env must hold ${name} once, got it in \`env\` and \`envVars\`.\n→ leave one out.`),
  ];
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const DNS_POLICIES = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];

function imageProblems({ image, options }: CollectorPod): string[] {
  const { featureGates = [], imagePullPolicy, dnsPolicy } = options;
  const words = Object.entries({ imagePullPolicy, dnsPolicy }).flatMap(([option, word]) => {
    const choices = option === 'dnsPolicy' ? DNS_POLICIES : PULL_POLICIES;
    return word === undefined || choices.includes(word) ? [] : [
      `pod: ${option} must be one of ${choices.join(', ')}, got ${JSON.stringify(word)}.`
      + `\n→ leave \`${option}\` out.`,
    ];
  });
  const gates = !image.isRuntime || featureGates.length === 0 ? [] : [
    `pod: featureGates must be for a collector of upstream, got ${featureGates.join(', ')} for`
    + ` ${image.image}.\n→ give \`image\` CollectorImage.contrib('0.159.0'), for example.`,
  ];
  return [...words, ...gates];
}

function resourceProblems({ options, memory, cpuMillis }: CollectorPod): string[] {
  const { cpuLimitMillis, memoryRequest, ephemeralStorage } = options;
  const requested = mebibytes(memoryRequest);
  const disk = mebibytes(ephemeralStorage);
  return [
    ...cpuLimitMillis === undefined || (Number.isInteger(cpuLimitMillis)
      && cpuLimitMillis >= cpuMillis) ? [] : [
        `pod: cpuLimitMillis must be a whole number from the ${cpuMillis} on that are requested,`
        + ` got ${cpuLimitMillis}.\n→ leave \`cpuLimitMillis\` out, or lower \`cpuMillis\`.`,
      ],
    ...memoryRequest === undefined || (requested !== undefined && requested > 0
      && requested <= memory.containerMib) ? [] : [
        `pod: memoryRequest must be whole mebibytes, ${memory.containerMib} at most, got`
        + ` ${requested ?? 'something else'}.\n→ leave \`memoryRequest\` out, or raise \`memory\`.`,
      ],
    ...ephemeralStorage === undefined || (disk !== undefined && disk > 0) ? [] : [
      `pod: ephemeralStorage must be whole mebibytes, got ${disk ?? 'something else'}.`
      + '\n→ give it Size.gibibytes(1), for example.',
    ],
  ];
}

function mebibytes(size: Size | undefined): number | undefined {
  try {
    return size?.toMebibytes();
  } catch {
    return undefined;
  }
}

function probeProblems(options: PodOptions): string[] {
  const probes = { ...pick(options, 'startupProbe', 'livenessProbe', 'readinessProbe') };
  return Object.entries(probes).flatMap(([name, probe]) => {
    const {
      period, timeout, failureThreshold, initialDelay, successThreshold, terminationGracePeriod,
    } = probe;
    const times = Object.entries({ period, timeout, initialDelay, terminationGracePeriod })
      .filter(([field, time]) => time !== undefined
        && !isWholeSeconds(time, field === 'initialDelay' ? 0 : 1))
      .map(([field]) => `pod: ${name}.${field} must be a Duration of whole seconds, got something`
        + ' else.\n→ give it Duration.seconds(5), for example.');
    const counts = Object.entries({ failureThreshold, successThreshold })
      .filter(([, count]) => count !== undefined && !(Number.isInteger(count) && count >= 1))
      .map(([field, count]) => `pod: ${name}.${field} must be a whole number from 1 on, got`
        + ` ${count}.\n→ leave it out.`);
    return [...times, ...counts, ...misplacedProblems(name, probe)];
  });
}

/** What only some probes have. */
function misplacedProblems(
  name: string, { successThreshold = 1, terminationGracePeriod }: ProbeOptions,
): string[] {
  if (name !== 'readinessProbe') {
    return successThreshold <= 1 ? [] : [
      `pod: ${name}.successThreshold must be 1, got ${successThreshold}.`
      + '\n→ leave it out, or give it to `readinessProbe`.',
    ];
  }
  return terminationGracePeriod === undefined ? [] : [
    'pod: readinessProbe must not have a terminationGracePeriod, for it ends nothing, got one.'
    + '\n→ leave it out, or give it to `livenessProbe`.',
  ];
}

function switchProblems({ configChecksum }: PodOptions): string[] {
  return [undefined, true, false].includes(configChecksum) ? [] : [
    `pod: configChecksum must be true or false, got ${JSON.stringify(configChecksum)}.`
    + '\n→ leave it out.',
  ];
}

function pick(
  options: PodOptions, ...names: ('startupProbe' | 'livenessProbe' | 'readinessProbe')[]
): Record<string, ProbeOptions> {
  return Object.fromEntries(names.flatMap((name) => {
    const probe = options[name];
    return probe === undefined ? [] : [[name, probe]];
  }));
}

function volumeProblems(pod: CollectorPod): string[] {
  const { volumes = [], volumeMounts = [] } = pod.options;
  const own = ownVolumeNames(pod);
  const given = volumes.map(({ name }) => name);
  const all = [...own, ...given];
  return [
    ...given.filter((name) => all.indexOf(name) !== all.lastIndexOf(name)).map((name) =>
      `pod: volumes must have names of their own, got ${name} twice.\n→ rename it.`),
    ...volumeMounts.filter(({ name }) => !all.includes(name)).map(({ name }) =>
      `pod: volumeMounts must name one of the \`volumes\` (${all.join(', ')}), got ${name}.`
      + '\n→ add it to `volumes`.'),
  ];
}

function containerProblems({ containers = [], initContainers = [] }: PodOptions): string[] {
  const names = [
    'collector', 'owner', ...[...initContainers, ...containers].map(({ name }) => name),
  ];
  return names.filter((name, index) => names.indexOf(name) !== index).map((name) =>
    `pod: containers must have names of their own, got ${name} twice.\n→ rename it.`);
}
