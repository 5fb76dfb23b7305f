/**
 * Numbers and texts for which the typed objects have classes of their own. Apps that are not
 * type-checked write them as Kubernetes does, and the typed objects would drop them unsaid.
 */
import { k8s } from 'cdk8s-plus-28';
import type { PodOptions } from './pod-options';

/** Options of a pod that hold such values somewhere. */
const HOLDERS = ['containers', 'envVars', 'initContainers', 'lifecycle', 'volumes'] as const;
const QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** `value` as the class says it; whatever else it is stays, for a check to refuse. */
export function intOrString(value: k8s.IntOrString | undefined): k8s.IntOrString | undefined {
  const given: unknown = value;
  if (typeof given === 'number') return k8s.IntOrString.fromNumber(given);
  return typeof given === 'string' ? k8s.IntOrString.fromString(given) : value;
}

/** What an IntOrString or a Quantity holds; nothing when it is neither. */
export function heldBy(value: unknown): string | number | undefined {
  const held = (value as { readonly value?: unknown } | null | undefined)?.value;
  return typeof held === 'string' || typeof held === 'number' ? held : undefined;
}

/** The options with such values as their classes say them, and what is wrong with them. */
export function typedOptions(
  options: PodOptions,
): { readonly options: PodOptions; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const typed = HOLDERS.flatMap((name) => options[name] === undefined
    ? [] : [[name, typedValue(options[name], [name], problems)]]);
  return { options: { ...options, ...Object.fromEntries(typed) }, problems };
}

function typedValue(value: unknown, path: readonly string[], problems: string[]): unknown {
  const kind = value === undefined ? undefined : kindAt(path);
  if (kind === 'Quantity') return quantity(value, path, problems);
  if (kind === 'IntOrString') return port(value, path, problems);
  if (Array.isArray(value)) {
    return value.map((each, index) => typedValue(each, [...path, String(index)], problems));
  }
  // Objects with a class, such as values that are known later, stay what they are.
  const isPlain = typeof value === 'object' && value !== null
    && Object.getPrototypeOf(value) === Object.prototype;
  if (!isPlain || path.at(-1) === 'metadata') return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) =>
    [key, typedValue(held, [...path, key], problems)]));
}

function kindAt(path: readonly string[]): 'Quantity' | 'IntOrString' | undefined {
  const [above, parent, key] = [path.at(-3), path.at(-2) ?? '', path.at(-1) ?? ''];
  const isResource = above === 'resources' && ['limits', 'requests'].includes(parent);
  if (isResource || ['divisor', 'sizeLimit'].includes(key)) return 'Quantity';
  return key === 'port' && ['httpGet', 'tcpSocket'].includes(parent) ? 'IntOrString' : undefined;
}

function quantity(value: unknown, path: readonly string[], problems: string[]): unknown {
  const isText = typeof value === 'string' || typeof value === 'number';
  const typed = isText ? k8s.Quantity.fromString(String(value)) : value;
  if (!QUANTITY.test(String(heldBy(typed)))) {
    problems.push(`pod: ${path.join('.')} must be a Quantity, got ${shown(value)}.`
      + '\n→ give it k8s.Quantity.fromString(\'500m\') or \'64Mi\', for example.');
  }
  return typed;
}

function port(value: unknown, path: readonly string[], problems: string[]): unknown {
  const typed = intOrString(value as k8s.IntOrString);
  if (heldBy(typed) === undefined) {
    problems.push(`pod: ${path.join('.')} must be the number or the name of a port, got`
      + ` ${shown(value)}.\n→ give it k8s.IntOrString.fromNumber(8080), for example.`);
  }
  return typed;
}

function shown(value: unknown): string {
  return JSON.stringify(heldBy(value) ?? value);
}
