/** What a container's process is given: files on this machine, arguments and variables. */
import { join } from 'node:path';
import type { Container } from './kubernetes';
import { collectorArguments } from './played-container';
import { containerEnvironment, expandVariables, type ValueSources } from './pod-environment';
import { PodFiles } from './pod-files';
import type { PodIdentity } from './pod-identity';

/** Arguments and variables of one container. */
export interface ContainerInput {
  /** Arguments for `otelgw`. */
  readonly args: readonly string[];
  /** Variables that the manifest declares. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder that it works in. */
  readonly folder: string;
}

/**
 * Writes the files of `container` under `root`, and says how to start it.
 *
 * @throws UnstartablePodError when something that it needs does not exist.
 */
export function containerInput(
  pod: PodIdentity, container: Container, sources: ValueSources, root: string,
): ContainerInput {
  const folder = join(root, pod.namespace);
  const files = new PodFiles(pod, folder, container, sources);
  const declared = containerEnvironment(pod, container, sources);
  return {
    folder,
    args: (collectorArguments(container) ?? [])
      .map((arg) => files.rewrite(expandVariables(arg, declared))),
    env: Object.fromEntries(Object.entries(declared)
      .map(([name, value]) => [name, files.rewrite(value)])),
  };
}
