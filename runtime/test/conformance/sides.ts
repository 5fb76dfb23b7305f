/** Collectors that run one configuration: ours in each of its transports, and the real one. */
import { startUpstream } from '../../../test/upstream/upstream-collector';
import { CollectorProcess, freePorts, get, until } from '../../testing/collector-process';

/** Who runs the configuration. */
export type Side = 'ours' | 'upstream';

/** A collector that is ready. */
export interface RunningCollector {
  /** The ports that it was asked for, on 127.0.0.1. */
  readonly ports: readonly number[];
  /** Ends it at once. */
  stop(): void;
}

/**
 * Starts `side` with what `config` makes of free ports, and waits until it is ready. `words` are
 * more arguments of ours. `config` has everything but the extension `health_check`, which is
 * how it is known to be ready; `extensions` are those that it declares itself.
 */
export async function startSide(
  side: Side, portCount: number, config: (ports: readonly number[]) => string,
  { words = [], extensions = [] }: {
    readonly words?: readonly string[]; readonly extensions?: readonly string[];
  } = {},
): Promise<RunningCollector> {
  const [health, ...ports] = await freePorts(portCount + 1);
  const text = config(ports)
    .replace('extensions: {', `extensions: { health_check: { endpoint: "127.0.0.1:${health}" },`)
    .replace('service: {', `service: { extensions: [${['health_check', ...extensions]}],`);
  const stop = side === 'ours' ? startOurs(text, words) : startTheirs(text);
  try {
    await until(`the collector (${side})`, async () => (await get(health)).status === 200);
  } catch (error) {
    stop();
    throw error;
  }
  return { ports, stop };
}

function startOurs(text: string, words: readonly string[]): () => void {
  const collector = new CollectorProcess(['run', '--config', `yaml:${text}`, ...words]);
  return () => collector.signal('SIGKILL');
}

function startTheirs(text: string): () => void {
  const collector = startUpstream(text);
  return () => void collector.kill('SIGKILL');
}
