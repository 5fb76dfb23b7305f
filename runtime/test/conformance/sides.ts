/** Collectors that run one configuration: ours in each of its transports, and the real one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runUpstream } from '../../../test/upstream/upstream-collector';
import { CollectorProcess, freePorts, get, until } from '../../testing/collector-process';

/** Who runs the configuration. */
export type Side = 'ours' | 'upstream';

/** Both of them. */
export const SIDES = ['ours', 'upstream'] as const;

/** Longest time until one with hundreds of pipelines is ready on a machine that is busy. */
const DEADLINE_MS = 60_000;

/** A collector that is ready. */
export interface RunningCollector {
  /** The ports that it was asked for, on 127.0.0.1. */
  readonly ports: readonly number[];
  /** What it said so far. */
  said(): string;
  /** Ends it at once. */
  stop(): void;
  /** Asks it to pass on what it has and to end, and waits until it has; gives its exit code. */
  finish(): Promise<number | null>;
}

/** How a side is started. */
export interface SideOptions {
  /** More arguments of ours. */
  readonly words?: readonly string[];
  /** More arguments of the real one. */
  readonly upstreamWords?: readonly string[];
  /** Extensions that the configuration declares itself. */
  readonly extensions?: readonly string[];
  /** What starts the collector in the place of this process. */
  readonly launcher?: readonly string[];
  /** Variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of either kind. */
interface Started {
  readonly ended: Promise<number | null>;
  said(): string;
  signal(name: NodeJS.Signals): void;
}

/**
 * Starts `side` with what `config` makes of free ports, and waits until it is ready. `config` has
 * everything but the extension `health_check`, which is how it is known to be ready.
 */
export async function startSide(
  side: Side, portCount: number, config: (ports: readonly number[]) => string,
  options: SideOptions = {},
): Promise<RunningCollector> {
  const [health, ...ports] = await freePorts(portCount + 1);
  const text = config(ports)
    .replace('extensions: {', `extensions: { health_check: { endpoint: "127.0.0.1:${health}" },`)
    .replace('service: {',
      `service: { extensions: [${['health_check', ...options.extensions ?? []]}],`);
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-conformance-'));
  const file = join(folder, 'collector.yaml');
  // A text of that length is no argument any more.
  writeFileSync(file, text);
  const started = side === 'ours' ? startOurs(file, options) : startTheirs(file, options);
  const tidy = (): void => rmSync(folder, { recursive: true, force: true });
  const stop = (): void => {
    started.signal('SIGKILL');
    tidy();
  };
  let isOver = false;
  void started.ended.then(() => { isOver = true; });
  try {
    await until(`the collector (${side})`, async () => {
      if (isOver) throw new Error(`the collector (${side}): must start, got ${started.said()}`);
      return (await get(health)).status === 200;
    }, DEADLINE_MS);
  } catch (error) {
    stop();
    throw error;
  }
  const finish = (): Promise<number | null> => {
    started.signal('SIGTERM');
    return started.ended.finally(tidy);
  };
  return { ports, said: () => started.said(), stop, finish };
}

function startOurs(file: string, { words = [], env, launcher }: SideOptions): Started {
  const collector = new CollectorProcess(['run', '--config', file, ...words], env, launcher);
  return {
    ended: collector.ended.then(({ code }) => code),
    said: () => collector.stderr,
    signal: (name) => collector.signal(name),
  };
}

function startTheirs(
  file: string, { upstreamWords = [], env, launcher }: SideOptions,
): Started {
  const collector = runUpstream(['--config', file, ...upstreamWords], launcher, env);
  let said = '';
  collector.stderr?.setEncoding('utf8').on('data', (text: string) => { said += text; });
  return {
    ended: new Promise((resolve) => collector.on('close', resolve)),
    said: () => said,
    signal: (name) => void collector.kill(name),
  };
}
