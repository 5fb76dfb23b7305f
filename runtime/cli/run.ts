/** `otelgw run`: the collector, from reading its configuration to its last word. */
import { parseArgs } from 'util';
import { keepAlive, sleep, systemClock } from '../clock';
import { Collector } from '../collector';
import type { Component, Http2 } from '../component';
import {
  contracts, parseGoDuration, problemReport, problemText, readCollectorConfig,
  type CollectorReading,
} from '../config';
import { messageOf } from '../errors';
import { UsageError, type Command } from './command';
import { ConfigReload } from './config-reload';
import { readConfigSource } from './config-sources';
import { withFeatureGates } from './feature-gates';
import { letHeapGrow } from './heap-growth';
import { withPatternProblems } from './pattern-problems';
import { createTelemetry, type ProcessTelemetry } from '../telemetry/process-telemetry';
import { version } from '../version';

interface RunOptions {
  readonly configs: readonly string[];
  readonly featureGates: readonly string[];
  readonly drainDelayMs: number;
  readonly shutdownTimeoutMs: number;
  readonly http2: Http2;
}

interface LiveOptions extends RunOptions {
  readonly reload: ConfigReload;
}

/** How the process was asked to end. */
type Ending = 'signal' | 'bug';

/** How long the last line of a process that is late may take to be sent as OTLP. */
const LAST_WORDS_MS = 500;

/** Runs the collector until a signal ends it. */
export const run: Command = {
  name: 'run',
  summary: 'run the collector:'
    + ' --config FILE|env:NAME|yaml:TEXT|http(s)://… [--drain-delay 5s] [--shutdown-timeout 25s]'
    + ' [--transport own|node] [--feature-gates ID,-ID]',
  run: async (argv) => {
    const options = parse(argv);
    letHeapGrow();
    const read = () => readConfiguration(options.configs, options.featureGates);
    const reading = await read();
    if (reading.settings === undefined) {
      console.error(problemReport([...reading.warnings, ...reading.problems]));
      return 1;
    }
    const telemetry = createTelemetry(
      reading.settings.telemetry, { name: 'otelgw', version, clock: systemClock });
    const { calls, log, metrics, spans } = telemetry;
    for (const warning of reading.warnings) log.warn(problemText(warning));
    const environment = { clock: systemClock, log, metrics, calls, spans, http2: options.http2 };
    const collector = new Collector(reading.settings, environment);
    const alive = keepAlive();
    const reload = new ConfigReload({
      configs: options.configs,
      clock: systemClock,
      log,
      read,
      apply: (settings) => collector.reconfigure(settings),
    });
    // Never taken off: without a listener the signal ends the process, even while it drains.
    process.on('SIGHUP', () => { void reload.reload(); });
    reload.watch();
    const code = await live(collector, telemetry, { ...options, reload });
    alive.cancel();
    return code;
  },
};

/** Reads and checks what the words behind `--config` name, with the gates that are on. */
export async function readConfiguration(
  configs: readonly string[], featureGates: readonly string[],
): Promise<CollectorReading> {
  const sources = await Promise.all(
    configs.map((given) => readConfigSource(given, process.env)));
  const reading = readCollectorConfig(
    sources, process.env, { contracts, unknownComponents: 'refuse' });
  return withPatternProblems(withFeatureGates(reading, featureGates));
}

function parse(argv: readonly string[]): RunOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        'config': { type: 'string', multiple: true, short: 'c' },
        'drain-delay': { type: 'string', default: '0s' },
        'shutdown-timeout': { type: 'string', default: '25s' },
        'transport': { type: 'string', default: 'own' },
        'feature-gates': { type: 'string', multiple: true, default: [] },
      },
    });
    if (values.config === undefined) throw new Error('--config: must be given, got none');
    return {
      configs: values.config,
      featureGates: values['feature-gates'],
      drainDelayMs: milliseconds('--drain-delay', values['drain-delay']),
      shutdownTimeoutMs: milliseconds('--shutdown-timeout', values['shutdown-timeout']),
      http2: http2Of(values.transport),
    };
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

function http2Of(text: string): Http2 {
  if (text === 'own' || text === 'node') return text;
  throw new Error(`--transport: must be own or node, got "${text}"`);
}

function milliseconds(option: string, text: string): number {
  const ms = parseGoDuration(text);
  if (typeof ms === 'number' && ms >= 0) return ms;
  throw new Error(`${option}: must be a duration such as 5s or 1m30s, got "${text}"`);
}

/** Starts, waits for the end, and ends in order. */
async function live(
  collector: Collector, { log, servers }: ProcessTelemetry, options: LiveOptions,
): Promise<number> {
  const ending = untilEnd(log);
  const late = lateness(ending, options, collector);
  log.info('Starting otelgw.', { version, node: process.version, pid: process.pid });
  const give = async (cause: Late): Promise<number> => {
    log.error('Stopped before everything was passed on.', {
      cause, lost_items: collector.pendingItems,
    });
    await Promise.race([stopAll(servers), sleep(systemClock, LAST_WORDS_MS)]);
    return 1;
  };
  try {
    const started = startAll(servers).then(() => collector.start());
    const cause = await Promise.race([started, late]);
    if (cause !== undefined) {
      started.catch(() => undefined);
      return await give(cause);
    }
  } catch (error) {
    log.error('Cannot start.', { error: messageOf(error) });
    await stopAll(servers);
    return 1;
  }
  options.reload.start();
  const how = await ending.first;
  options.reload.stop();
  if (how === 'bug') return 1;
  log.info('Received signal to stop. Draining.', {
    drain_delay_ms: options.drainDelayMs,
    ...collector.leaveMs > 0 && { leave_ms: collector.leaveMs },
    shutdown_timeout_ms: options.shutdownTimeoutMs,
  });
  collector.announceStop();
  const cause = await Promise.race([drain(collector, options.drainDelayMs), late]);
  if (cause !== undefined) return give(cause);
  // Before the last ones stop, which may be sending lines.
  log.info('Shutdown complete.');
  await stopAll(servers);
  return 0;
}

/** What ends a process that was asked to end and has not. A bug ends it unasked. */
function lateness(
  { first, second }: Endings, { drainDelayMs, shutdownTimeoutMs }: RunOptions,
  collector: Pick<Collector, 'leaveMs'>,
): Promise<Late> {
  const late = first.then(async (how): Promise<Late> => {
    if (how === 'bug') return 'a bug';
    await sleep(systemClock, drainDelayMs + collector.leaveMs + shutdownTimeoutMs);
    return 'the deadline';
  });
  return Promise.race([late, second]);
}

async function drain(collector: Collector, delayMs: number): Promise<void> {
  if (delayMs > 0) await sleep(systemClock, delayMs);
  await collector.stop();
}

async function startAll(components: readonly Component[]): Promise<void> {
  for (const component of components) await component.start();
}

async function stopAll(components: readonly Component[]): Promise<void> {
  await Promise.allSettled(components.map((component) => component.stop()));
}

/** Why the end is not waited for. */
type Late = 'a second signal' | 'the deadline' | 'a bug';

interface Endings {
  readonly first: Promise<Ending>;
  readonly second: Promise<'a second signal' | 'a bug'>;
}

/** The first signal or bug, and what comes after a first signal. A bug is logged with its stack. */
function untilEnd(log: ProcessTelemetry['log']): Endings {
  let signals = 0;
  let endFirst: (ending: Ending) => void = () => undefined;
  let endSecond: (cause: 'a second signal' | 'a bug') => void = () => undefined;
  const first = new Promise<Ending>((resolve) => { endFirst = resolve; });
  const second: Endings['second'] = new Promise((resolve) => { endSecond = resolve; });
  const onSignal = (): void => {
    signals += 1;
    if (signals === 1) endFirst('signal');
    else endSecond('a second signal');
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  const onBug = (error: unknown): void => {
    log.error('This is a bug: the process ends.', { error });
    endFirst('bug');
    endSecond('a bug');
  };
  process.on('uncaughtException', onBug);
  process.on('unhandledRejection', onBug);
  return { first, second };
}
