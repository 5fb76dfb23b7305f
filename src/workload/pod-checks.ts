/** What is wrong with what pods were told, as sentences that say what to do. */
import type { Size } from 'cdk8s';
import { POD_FIELDS, type CollectorPod } from './collector-pod';
import { containerProblems, volumeProblems } from './container-checks';
import { isWholeSeconds } from './durations';
import { journalProblems } from './journal-storage';
import { podLabels } from './labels';
import { metadataProblems } from './metadata-checks';
import type { PodOptions, ProbeOptions } from './pod-options';
import { nodeChoiceProblems } from './pod-placement';
import { hostAccess, runsAs } from './pod-security';
import { storagePlaceProblems } from './storage-places';
import { gatesOn, gateWords, KNOWN_GATES } from '../config';
import { kindOf } from '../config/prop-kinds';
import type { CollectorImage } from '../distribution/collector-image';
import { tailSamplers } from '../graph/checks/pipelines';

/** Where the token of the ServiceAccount is. */
const TOKEN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What is wrong with the options of a pod, which are of the right kinds. */
export function podProblems(pod: CollectorPod): string[] {
  return [
    ...metadataProblems('pod', pod.options),
    ...labelProblems(pod),
    ...variableProblems(pod),
    ...gateProblems(pod),
    ...resourceProblems(pod),
    ...probeProblems(pod.options),
    ...rightProblems(pod),
    ...volumeProblems(pod),
    ...journalProblems(pod),
    ...storagePlaceProblems(pod),
    ...containerProblems(pod),
    ...nodeChoiceProblems(pod),
  ];
}

function labelProblems({ tier, options, account }: CollectorPod): string[] {
  const own = { ...account.podLabels, ...podLabels(tier) };
  return Object.entries<unknown>(options.labels ?? {})
    .filter(([key, value]) => key in own && own[key] !== value)
    .map(([key, value]) => `pod: label ${key} must stay ${own[key]}, by which the pods are`
      + ` found, got ${kindOf(value)}.\n→ use another label.`);
}

function variableProblems({ options, secrets, parts }: CollectorPod): string[] {
  const { env = {}, envVars = [] } = options;
  const names = [...Object.keys(env), ...envVars.map(({ name }) => name)];
  const brought = parts.flatMap((part) => (part.env ?? []).map(({ name }) => name));
  const taken = new Set([...Object.keys(POD_FIELDS), ...secrets.keys(), ...brought]);
  const texts = Object.entries<unknown>(env).filter(([, value]) => typeof value !== 'string');
  return [
    ...texts.map(([name, value]) => `pod: env must hold texts, got ${kindOf(value)} for`
      + ` ${name}.\n→ put it in quotes.`),
    ...names.filter((name) => taken.has(name)).map((name) =>
      `pod: env must leave ${name} to what is written by itself, got another value for it.`
      + '\n→ use another name.'),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) =>
      `pod: env must hold ${name} once, got it in \`env\` and \`envVars\`.\n→ leave one out.`),
  ];
}

function gateProblems(pod: CollectorPod): string[] {
  const { featureGates = [] } = pod.options;
  return [...unknownGateProblems(pod.image, featureGates), ...idleGateProblems(pod, featureGates)];
}

/** All gates that are known are of samplers. */
function idleGateProblems({ configData }: CollectorPod, featureGates: string[]): string[] {
  const known = gatesOn(featureGates).filter((gate) => KNOWN_GATES.includes(gate));
  return known.length === 0 || tailSamplers(configData).length > 0 ? [] : [
    'pod: featureGates of tail sampling must be for a tier that samples, got'
    + ` ${known.join(', ')} and no tail_sampling.\n→ give them to the TailSamplingGateway, or leave`
    + ' them out.',
  ];
}

function unknownGateProblems(image: CollectorImage, featureGates: string[]): string[] {
  if (!image.isRuntime) return [];
  const unknown = gateWords(featureGates).map(({ gate }) => gate)
    .filter((gate) => !KNOWN_GATES.includes(gate));
  return unknown.length === 0 ? [] : [
    `pod: featureGates must be among those that ${image.image} knows, which are`
    + ` ${KNOWN_GATES.join(', ')}, got ${[...new Set(unknown)].join(', ')}.`
    + '\n→ leave them out, or give `image` CollectorImage.contrib(\'0.159.0\'), for example.',
  ];
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
        + ` ${kindOf(count)}.\n→ leave it out.`);
    const wrong = [...times, ...counts];
    return wrong.length > 0 ? wrong : misplacedProblems(name, probe);
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

/** Rights that a pod cannot have, or cannot do without. */
function rightProblems(pod: CollectorPod): string[] {
  const { automountServiceAccountToken, hostUsers, volumeMounts = [] } = pod.options;
  const { hostNetwork, hostPid } = hostAccess(pod);
  const { user, isNonRoot } = runsAs(pod);
  const isMute = automountServiceAccountToken === false && pod.needsToken
    && !volumeMounts.some(({ mountPath }) => mountPath.startsWith(TOKEN_FOLDER));
  return [
    ...isMute ? [
      'pod: automountServiceAccountToken must not be false where the configuration asks the'
      + ' Kubernetes API for something, got false.\n→ leave it out.',
    ] : [],
    ...hostUsers === false && (hostNetwork ?? hostPid) === true ? [
      'pod: hostUsers must not be false beside the network or the processes of the node, got'
      + ' false.\n→ leave `hostUsers` out.',
    ] : [],
    ...user === 0 && isNonRoot ? [
      'pod: runAsNonRoot must not be true for a collector that is root, got true beside user 0.'
      + '\n→ leave `runAsNonRoot` out, or give another `runAsUser`.',
    ] : [],
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
