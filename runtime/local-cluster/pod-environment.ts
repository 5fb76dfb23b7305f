/** The variables of a container: literals, ConfigMaps, Secrets and the downward API. */
import { cpus, totalmem } from 'node:os';
import type { ConfigMap, Container, EnvVar, Secret } from './kubernetes';
import { nameOf, namespaceOf } from './kubernetes';
import type { PodIdentity } from './pod-identity';
import { readQuantity } from './quantity';

/** Where named values come from. */
export interface ValueSources {
  /** All ConfigMaps. */
  readonly configMaps: readonly ConfigMap[];
  /** All Secrets. */
  readonly secrets: readonly Secret[];
}

/** A pod that cannot start before something exists, as Kubernetes shows it. */
export class UnstartablePodError extends Error {
  public readonly name: string = 'UnstartablePodError';

  public constructor(pod: PodIdentity, rule: string) {
    super(`pod ${pod.namespace}/${pod.name}: ${rule}`);
  }
}

/** The text data of a ConfigMap; undefined when no manifest defines it. */
export function configMapData(
  sources: ValueSources, namespace: string, name: string,
): Map<string, Buffer> | undefined {
  const found = sources.configMaps.find((each) =>
    nameOf(each) === name && namespaceOf(each) === namespace);
  if (found === undefined) return undefined;
  const texts = Object.entries(found.data ?? {}).map(([key, text]) =>
    [key, Buffer.from(text)] as const);
  return new Map([...texts, ...decodeAll(found.binaryData)]);
}

/** The data of a Secret; undefined when no manifest defines it. */
export function secretData(
  sources: ValueSources, namespace: string, name: string,
): Map<string, Buffer> | undefined {
  const found = sources.secrets.find((each) =>
    nameOf(each) === name && namespaceOf(each) === namespace);
  if (found === undefined) return undefined;
  const texts = Object.entries(found.stringData ?? {}).map(([key, text]) =>
    [key, Buffer.from(text)] as const);
  return new Map([...decodeAll(found.data), ...texts]);
}

function decodeAll(data: Readonly<Record<string, unknown>> = {}): [string, Buffer][] {
  return Object.entries(data).map(([key, text]) => [key, Buffer.from(String(text), 'base64')]);
}

/**
 * All variables of `container`, later ones winning, with `$(NAME)` expanded.
 *
 * @throws UnstartablePodError when a value comes from something that does not exist.
 */
export function containerEnvironment(
  pod: PodIdentity, container: Container, sources: ValueSources,
): Record<string, string> {
  const values: Record<string, string> = {};
  for (const from of container.envFrom ?? []) {
    const data = from.configMapRef !== undefined
      ? configMapData(sources, pod.namespace, from.configMapRef.name ?? '')
      : secretData(sources, pod.namespace, from.secretRef?.name ?? '');
    const optional = from.configMapRef?.optional ?? from.secretRef?.optional ?? false;
    if (data === undefined && !optional) {
      const name = from.configMapRef?.name ?? from.secretRef?.name ?? '';
      throw new UnstartablePodError(pod,
        `envFrom must name something in the manifests, got ${name}`);
    }
    for (const [key, value] of data ?? []) values[`${from.prefix ?? ''}${key}`] = value.toString();
  }
  for (const variable of container.env ?? []) {
    const value = valueOf(pod, container, variable, sources);
    if (value !== undefined) values[variable.name] = expandVariables(value, values);
  }
  return values;
}

/** `text` with each `$(NAME)` of a known variable replaced; `$$(NAME)` stands for itself. */
export function expandVariables(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]+)\)/g, (whole, name: string | undefined) => {
    if (whole === '$$') return '$';
    return name === undefined ? whole : values[name] ?? whole;
  });
}

function valueOf(
  pod: PodIdentity, container: Container, variable: EnvVar, sources: ValueSources,
): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return variable.value ?? '';
  if (from.fieldRef !== undefined) return fieldOf(pod, from.fieldRef.fieldPath);
  if (from.resourceFieldRef !== undefined) {
    const { resource, divisor } = from.resourceFieldRef;
    return resourceOf(container, resource, divisor);
  }
  if (from.configMapKeyRef !== undefined) {
    const { name = '', key, optional = false } = from.configMapKeyRef;
    const value = configMapData(sources, pod.namespace, name)?.get(key)?.toString();
    if (value !== undefined || optional) return value;
    throw new UnstartablePodError(pod,
      `${variable.name} must come from a ConfigMap in the manifests, got ${name}, key ${key}`);
  }
  const { name = '', key = '' } = from.secretKeyRef ?? {};
  // Secrets are rarely in manifests; like backends, a Secret that nobody defines is played.
  return secretData(sources, pod.namespace, name)?.get(key)?.toString() ?? `played-${name}-${key}`;
}

/** A field of the downward API. */
export function fieldOf(pod: PodIdentity, path: string): string {
  const map = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (map !== null) return pod[map[1] as 'labels' | 'annotations'][map[2]] ?? '';
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': pod.name,
    'metadata.namespace': pod.namespace,
    'metadata.uid': pod.uid,
    'spec.nodeName': pod.nodeName,
    'spec.serviceAccountName': pod.serviceAccount,
    'status.podIP': pod.address,
    'status.podIPs': pod.address,
    'status.hostIP': pod.nodeAddress,
    'status.hostIPs': pod.nodeAddress,
  };
  const value = fields[path];
  if (value === undefined) {
    throw new UnstartablePodError(pod, `fieldRef must be one of ${Object.keys(fields).join(', ')},`
      + ` got ${path}`);
  }
  return value;
}

function resourceOf(
  container: Container, resource: string, divisor: string | number | undefined,
): string {
  const [kind, name] = resource.split('.') as ['limits' | 'requests', string];
  const given = container.resources?.[kind]?.[name];
  const fallback = name === 'memory' ? totalmem() : cpus().length;
  const value = given === undefined ? fallback : readQuantity(given);
  const unit = divisor === undefined || String(divisor) === '0' ? 1 : readQuantity(divisor);
  return String(Math.ceil(value / unit));
}
