/** Which containers the local cluster can run: those that run a collector. */
import { basename } from 'node:path';
import type { Container, PodSpec } from './kubernetes';

const OTELGW_COMMANDS = new Set(['run', 'validate', 'components']);

/**
 * Arguments for `otelgw` that do what `container` does; undefined when it runs something else.
 * Upstream collectors take `--config` without a command, and are played by `otelgw run`.
 */
export function collectorArguments(container: Container): string[] | undefined {
  const { command = [], args = [] } = container;
  const program = basename(command[0] ?? '');
  if (program !== '' && program !== 'otelgw' && !/otel|ddot/.test(program)) return undefined;
  const all = [...command.slice(1), ...args];
  if (OTELGW_COMMANDS.has(all[0])) return all;
  return all.some((arg) => arg.startsWith('--config')) ? ['run', ...all] : undefined;
}

/** Containers of a pod that can be run here. */
export function playedContainers(spec: PodSpec): Container[] {
  return spec.containers.filter((container) => collectorArguments(container) !== undefined);
}

/** Files that a collector's arguments name as configuration, in order. */
export function configPaths(args: readonly string[]): string[] {
  const paths = args.flatMap((arg, index) => {
    if (arg === '--config') return [args[index + 1] ?? ''];
    return arg.startsWith('--config=') ? [arg.slice('--config='.length)] : [];
  });
  return paths.map((path) => path.replace(/^file:/, '')).filter((path) => path !== '');
}
