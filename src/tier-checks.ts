/** Everything that can be wrong with a tier, as sentences that say what to do. */
import type { Backend } from './backend';
import { problemText, type Problem } from './config';
import type { CollectorImage } from './distribution/collector-image';
import { drainBudget } from './graph/drain-budget';
import { LEAST_MEMORY_MIB } from './graph/memory-budget';
import { plainCredentials } from './graph/plain-credentials';
import type { Signal } from './graph/signal';
import type { ITelemetryTarget } from './graph/telemetry-target';
import { valueAt, type TierFacts } from './graph/tier-facts';
import { listenerProblems, untakenSignals, wiringProblems } from './graph/wiring-checks';
import type { TierConfig } from './tier-config';
import { CONFIG_FILE, POD_FIELDS } from './workload/collector-pod';
import type { PodPorts } from './workload/ports';
import type { SecretReference } from './workload/secret-reference';

/** What is looked at. */
export interface CheckedTier {
  /** The tier as the others see it. */
  readonly facts: TierFacts;
  /** All tiers of the app. */
  readonly tiers: readonly TierFacts[];
  /** Its configuration. */
  readonly config: TierConfig;
  /** Its image. */
  readonly image: CollectorImage;
  /** Its ports. */
  readonly ports: PodPorts;
  /** Memory of a pod. */
  readonly memoryMib: number;
  /** Signals that there is somewhere to send to. */
  readonly reachable: readonly Signal[];
  /** Where it sends to. */
  readonly forwardTo?: ITelemetryTarget;
  /** Where telemetry leaves. */
  readonly exportTo: readonly Backend[];
  /** How long it holds traces. */
  readonly waitSeconds: number;
  /** Time that it gets to end, when that was given. */
  readonly graceSeconds?: number;
  /** Values of Secrets and the variables that they are given as, in no order and repeated. */
  readonly variables: readonly [string, SecretReference][];
  /** What is known already. */
  readonly problems: readonly string[];
  /** Names of props that were left out because of what they are. */
  readonly wrong: readonly string[];
}

/** What is wrong; every sentence says below `→` what to do about it. */
export function tierProblems(tier: CheckedTier): string[] {
  const inProps = [
    ...tier.problems,
    ...nameProblems(tier.facts, tier.tiers),
    ...portProblems(tier.ports),
    ...tier.wrong.some((prop) => ['signals', 'forwardTo', 'exportTo'].includes(prop))
      ? [] : signalProblems(tier),
    ...exporterNameProblems(tier),
    ...variableProblems(tier.variables),
    ...sizeProblems(tier),
    ...plainCredentials(tier.facts.data),
  ];
  return [...new Set([...inProps, ...configProblems(tier, inProps.length > 0)])];
}

/** Mistakes in the configuration, but not those that only follow from mistakes in the props. */
function configProblems(tier: CheckedTier, isFollowed: boolean): string[] {
  const missing = missingComponents(tier);
  const explained = new Set(missing.map(({ path }) => path));
  const mistakes = tier.config.problems.filter(({ path, file }) =>
    !explained.has(path) && !(isFollowed && file === CONFIG_FILE));
  const known = [
    ...missing.map(({ sentence }) => sentence),
    ...mistakes.map((mistake) => sentenceOf(mistake, tier)),
  ];
  if (known.length > 0 || isFollowed) return known;
  return [
    ...listenerProblems(tier.facts.data, tier.ports), ...wiringProblems(tier.facts, tier.tiers),
  ];
}

/** A mistake in what the construct wrote is one in its props: nobody has seen the file. */
function sentenceOf(mistake: Problem, tier: CheckedTier): string {
  if (mistake.file !== undefined && mistake.file !== CONFIG_FILE) return indented(mistake);
  const { file: _, line: __, ...plain } = mistake;
  return indented({ ...plain, wayOut: wayOutInProps(mistake, tier) ?? mistake.wayOut });
}

function indented(mistake: Problem): string {
  return problemText(mistake).replace('\n  →', '\n→');
}

function wayOutInProps(
  { at, message }: Problem, { forwardTo }: CheckedTier,
): string | undefined {
  const variable = /^needs the environment variable (\w+)/.exec(message)?.[1];
  if (variable !== undefined) {
    return `give \`secrets\`: { ${variable}: SecretReference.of(secret, key) }.`;
  }
  if (at[0] === 'exporters' && at.at(-1) === 'endpoint') {
    const isForward = String(at[1]).endsWith(`/${forwardTo?.targetName}`);
    const prop = isForward ? 'forwardTo' : 'exportTo';
    return `give the endpoint in \`${prop}\` as host:port, such as 'store:4317' (for HTTP as`
      + ' \'http://store:4318\').';
  }
  if (at[2] === 'policies' && typeof at[3] === 'number') {
    return `mend number ${at[3] + 1} of the \`policies\`.`;
  }
  return undefined;
}

function nameProblems(facts: TierFacts, tiers: readonly TierFacts[]): string[] {
  const { name, chart, namespace } = facts;
  const twin = tiers.find((tier) => tier.path !== facts.path && tier.chart === chart
    && tier.namespace === namespace && (tier.name === name || tier.headlessName === name));
  if (twin !== undefined) {
    return [`name: must be unique in its chart, but ${twin.path} is named ${twin.name}`
      + `${twin.name === name ? '' : ` and has a Service ${name}`}, too.`
      + '\n→ give one of them another `name`.'];
  }
  return /^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$/.test(name) ? [] : [
    'name: must be at most 52 lower-case letters, digits and -, beginning with a letter, got'
    + ` ${JSON.stringify(name)}.\n→ give \`name\`, or another id to the construct.`,
  ];
}

/** Exporters are told apart by the names of what they send to. */
function exporterNameProblems({ exportTo, forwardTo }: CheckedTier): string[] {
  const names = exportTo.map((backend) => String(backend.name));
  const malformed = names.filter((name) => !/^[A-Za-z0-9][\w.-]*$/.test(name));
  const taken = [...new Set(names)].filter((name) =>
    name === forwardTo?.targetName || names.indexOf(name) !== names.lastIndexOf(name));
  return [
    ...malformed.map((name) => 'exportTo: names of backends must be letters, digits and . _ -, got'
      + ` ${JSON.stringify(name)}.\n→ name it like 'store'.`),
    ...taken.map((name) => `exportTo: ${JSON.stringify(name)} must be the name of one backend only,`
      + ' and not that of `forwardTo`.\n→ give each backend a name of its own.'),
  ];
}

function portProblems(ports: PodPorts): string[] {
  const props = { grpcPort: ports.grpc, httpPort: ports.http };
  const problems = Object.entries(props).flatMap(([prop, port]) =>
    Number.isInteger(port) && port >= 1024 && port <= 65_535 ? [] : [
      `${prop}: must be a whole number from 1024 to 65535 (the pods are not root), got ${port}.`
      + `\n→ leave \`${prop}\` out to listen where everybody expects it.`,
    ]);
  const taken = new Set([ports.metrics, ports.health]);
  const clash = Object.entries(props).find(([, port]) => taken.has(port))
    ?? (ports.grpc === ports.http ? Object.entries(props)[1] : undefined);
  if (clash !== undefined) {
    problems.push(`${clash[0]}: must differ from the other ports of the pod`
      + ` (${Object.entries(ports).map(([use, port]) => `${use} ${port}`).join(', ')}),`
      + ` got ${clash[1]}.\n→ choose another.`);
  }
  return problems;
}

function signalProblems({ facts, reachable, forwardTo }: CheckedTier): string[] {
  if (reachable.length === 0) {
    return ['forwardTo, exportTo: there must be somewhere to send telemetry to, got nothing.'
      + '\n→ give `forwardTo` a gateway, or `exportTo` a list such as'
      + ' [Backend.otlp(\'store\', { endpoint: \'store:4317\' })].'];
  }
  if (facts.data.processors?.tail_sampling !== undefined
    && !(facts.signals as readonly string[]).includes('traces')) {
    return ['signals: must hold traces, for that is what a sampler is for, got'
      + ` ${facts.signals.join(' and ')}.\n→ use a GatewayDeployment for other signals.`];
  }
  const lost = facts.signals.filter((signal) => !reachable.includes(signal));
  if (lost.length === 0) return [];
  return [forwardTo === undefined
    ? `signals: must go somewhere, but no backend takes ${lost.join(' and ')}.`
      + '\n→ add a backend that does, or leave them out of `signals`.'
    : untakenSignals(facts, { path: forwardTo.targetName }, lost)];
}

function variableProblems(variables: CheckedTier['variables']): string[] {
  const known = new Map<string, SecretReference | undefined>(
    Object.keys(POD_FIELDS).map((name) => [name, undefined]));
  return variables.flatMap(([name, secret]) => {
    if (!/^[a-z0-9.-]+$/.test(secret.name) || !/^[\w.-]+$/.test(secret.key)) {
      return [`secrets: ${JSON.stringify(`${secret.name}/${secret.key}`)} must be the name of a`
        + ' Secret and a key in it.\n→ write SecretReference.of(\'store\', \'api-key\'), for'
        + ' example.'];
    }
    const before = known.get(name);
    const isNew = !known.has(name)
      || (before?.name === secret.name && before.key === secret.key);
    known.set(name, secret);
    return isNew ? [] : [`secrets: ${secret.name}/${secret.key} must have a variable of its own,`
      + ` but ${name} is`
      + ` ${before === undefined ? 'the pod\'s own' : `${before.name}/${before.key}`} already.`
      + '\n→ rename the Secret or its key.'];
  });
}

function sizeProblems(tier: CheckedTier): string[] {
  const problems: string[] = [];
  if (tier.memoryMib < LEAST_MEMORY_MIB) {
    problems.push(`memory: must be at least ${LEAST_MEMORY_MIB} MiB for a collector to hold`
      + ` anything, got ${tier.memoryMib} MiB.\n→ leave \`memory\` out, or give it`
      + ` Size.mebibytes(${LEAST_MEMORY_MIB}) or more.`);
  }
  const limit = valueAt(tier.facts.data, 'processors', 'memory_limiter', 'limit_mib');
  if (typeof limit === 'number' && limit >= tier.memoryMib) {
    problems.push(`processors.memory_limiter.limit_mib: must be less than the ${tier.memoryMib} MiB`
      + ` at which the pod is killed, got ${limit}.\n→ raise \`memory\`: the limit then follows.`);
  }
  const { totalSeconds, sum } = drainBudget(tier.waitSeconds);
  if (tier.graceSeconds !== undefined && tier.graceSeconds < totalSeconds) {
    problems.push(`terminationGracePeriod: ${tier.graceSeconds} s is shorter than draining takes:`
      + ` ${sum}.\n→ remove \`terminationGracePeriod\` (${totalSeconds} s is then written)`
      + `${tier.waitSeconds > 0 ? ', or shorten `decisionWait`' : ''}.`);
  }
  return problems;
}

const SECTIONS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

function missingComponents(
  { facts, image }: CheckedTier,
): { path: string; sentence: string }[] {
  return SECTIONS.flatMap((section) => Object.keys(facts.data[section] ?? {})
    .filter((id) => !image._holds(section, id.split('/')[0]))
    .map((id) => ({
      path: `${section}.${id}`,
      sentence: `${section}.${id}: is not a component of ${image.distribution}`
        + ` (${image.image}).\n→ use an image that holds it, such as`
        + ' CollectorImage.contrib(\'0.159.0\').',
    })));
}
