/** Everything that can be wrong with a tier, as sentences that say what to do. */
import type { Backend } from './backend';
import { pathText, problemText, type Problem } from './config';
import { appChecks, imageChecks, tierChecks, warnings } from './graph/checks';
import type { Check } from './graph/checks/check';
import { untakenSignals } from './graph/checks/untaken-signal';
import type { SecretReference } from './graph/secret-reference';
import type { Signal } from './graph/signal';
import type { ITelemetryTarget } from './graph/telemetry-target';
import type { TierFacts } from './graph/tier-facts';
import type { TierConfig } from './tier-config';
import { CONFIG_FILE, POD_FIELDS } from './workload/collector-pod';

/** What is looked at. */
export interface CheckedTier {
  /** The tier as the others see it. */
  readonly facts: TierFacts;
  /** All tiers of the app. */
  readonly tiers: readonly TierFacts[];
  /** Its configuration. */
  readonly config: TierConfig;
  /** Signals that there is somewhere to send to. */
  readonly reachable: readonly Signal[];
  /** Where it sends to. */
  readonly forwardTo?: ITelemetryTarget;
  /** Where telemetry leaves. */
  readonly exportTo: readonly Backend[];
  /** Values of Secrets and the variables that they are given as, in no order and repeated. */
  readonly variables: readonly [string, SecretReference][];
  /** Names of variables that features bring along. */
  readonly taken: readonly string[];
  /** What is known already. */
  readonly problems: readonly string[];
  /** Names of props that were left out because of what they are. */
  readonly wrong: readonly string[];
}

/** What is wrong; every sentence says below `→` what to do about it. */
export function tierProblems(tier: CheckedTier): string[] {
  const inProps = [
    ...tier.problems,
    ...tier.wrong.some((prop) => ['signals', 'forwardTo', 'exportTo'].includes(prop))
      ? [] : signalProblems(tier),
    ...exporterNameProblems(tier),
    ...variableProblems(tier),
    ...told(tierChecks, tier),
  ];
  return [...new Set([...inProps, ...configProblems(tier, inProps.length > 0)])];
}

/** What to know of a tier with which nothing is wrong. */
export function tierWarnings(tier: CheckedTier): string[] {
  return told(warnings, tier);
}

function told(checks: readonly Check[], { facts, tiers }: CheckedTier): string[] {
  return checks.flatMap((check) => check(facts, tiers));
}

/** Mistakes in the configuration, but not those that only follow from mistakes in the props. */
function configProblems(tier: CheckedTier, isFollowed: boolean): string[] {
  const unknown = told(imageChecks, tier);
  const mistakes = tier.config.problems.filter((mistake) =>
    !isExplained(mistake, unknown) && !(isFollowed && mistake.file === CONFIG_FILE));
  const known = [...unknown, ...mistakes.map((mistake) => sentenceOf(mistake, tier))];
  return known.length > 0 || isFollowed ? known : told(appChecks, tier);
}

/** Whether something was said about the very component or setting already. */
function isExplained({ at }: Problem, said: readonly string[]): boolean {
  return said.some((sentence) => sentence.startsWith(`${pathText(at)}: `));
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

function variableProblems({ variables, taken }: CheckedTier): string[] {
  const known = new Map<string, SecretReference | undefined>(
    [...Object.keys(POD_FIELDS), ...taken].map((name) => [name, undefined]));
  return variables.flatMap(([name, secret]) => {
    if (secret._problems.length > 0) return secret._problems;
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
