/** The collector configurations of the manifests, read as the pods will read them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  problemReport, readCollectorConfig, type CollectorSettings, type TailSamplingSettings,
} from '../config';
import { containerInput } from './container-input';
import { collectorArguments, configPaths, playedContainers } from './played-container';
import type { ValueSources } from './pod-environment';
import type { PodPool } from './pod-pool';

/** A workload and the configuration of its collector. */
export interface PoolConfig {
  /** The workload. */
  readonly pool: PodPool;
  /** What its collector reads. */
  readonly settings: CollectorSettings;
}

/** Configurations that no pod could start with. */
export class PoolConfigError extends Error {
  public readonly name: string = 'PoolConfigError';
}

/**
 * The configuration of each of `pools`; files are written under `folder` to be read.
 *
 * @throws PoolConfigError with all mistakes of all of them.
 * @throws UnstartablePodError when a pod needs something that does not exist.
 */
export function readPoolConfigs(
  pools: readonly PodPool[], sources: ValueSources, folder: string,
): PoolConfig[] {
  const reports: string[] = [];
  const configs = pools.flatMap((pool) => {
    const sample = pool.sample();
    return playedContainers(sample.spec).flatMap((container) => {
      const { args, env } = containerInput(sample, container, sources, join(folder, 'samples'));
      // Problems name the file as the container sees it, whatever stands for it here.
      const names = configPaths(collectorArguments(container) ?? []);
      const texts = configPaths(args).map((path, index) =>
        ({ name: names[index] ?? path, text: readText(path) }));
      const { settings, problems } = readCollectorConfig(texts, env);
      if (settings !== undefined) return [{ pool, settings }];
      reports.push(`${pool.plan.kind} ${pool.plan.name}:\n${problemReport(problems)}`);
      return [];
    });
  });
  if (reports.length > 0) throw new PoolConfigError(reports.join('\n'));
  return configs;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new PoolConfigError(`--config ${path}: must be a file that a volume of the pod brings,`
      + ' got none; the local cluster does not know files inside images');
  }
}

/** All tail samplers of `configs`, each with its workload. */
export function tailSamplers(
  configs: readonly PoolConfig[],
): { readonly pool: PodPool; readonly id: string; readonly settings: TailSamplingSettings }[] {
  return configs.flatMap(({ pool, settings }) => {
    const used = new Set(settings.pipelines.flatMap(({ processors }) => processors));
    return [...settings.processors].filter(([id, { type }]) =>
      type === 'tail_sampling' && used.has(id)).map(([id, processor]) =>
      ({ pool, id, settings: processor.settings as TailSamplingSettings }));
  });
}
