/**
 * Takes on what may change of the configuration while the collector runs: when a file changes, as
 * those of a ConfigMap do, and at SIGHUP. What is wrong or needs a restart is told, and everything
 * goes on as before.
 */
import type { Clock } from '../clock';
import { problemReport, type CollectorReading, type CollectorSettings } from '../config';
import { messageOf } from '../errors';
import { WatchedFile } from '../net/watched-file';
import type { Logger } from '../telemetry/logger';

/** What is needed to read and to change. */
export interface ConfigReloadOptions {
  /** The words behind `--config`. */
  readonly configs: readonly string[];
  /** The time. */
  readonly clock: Clock;
  /** Where it says what came of it. */
  readonly log: Logger;
  /** Reads and checks all of the configuration. */
  read(): Promise<CollectorReading>;
  /** Changes what may change and gives its names; throws when there is more. */
  apply(settings: CollectorSettings): readonly string[];
}

/** Watches the configuration. */
export class ConfigReload {
  private readonly files: readonly WatchedFile[];
  private running?: Promise<void>;
  private isOwed = false;
  private state: 'before' | 'on' | 'over' = 'before';

  public constructor(private readonly options: ConfigReloadOptions) {
    const { configs, clock, log } = options;
    this.files = configs.flatMap((given) => {
      const path = pathOf(given);
      return path === undefined ? [] : [new WatchedFile(path, `--config ${given}`, { clock, log },
        () => { void this.reload(); })];
    });
  }

  /** Begins to watch. What changes from now on is taken on at `start`. */
  public watch(): void {
    for (const file of this.files) this.open(file);
  }

  /** Takes on what changes. */
  public start(): void {
    this.state = 'on';
    if (this.isOwed) void this.reload();
  }

  /** Watches no more, and takes nothing on. */
  public stop(): void {
    this.state = 'over';
    for (const file of this.files) file.close();
  }

  /** Reads everything again, once more if it is asked for meanwhile. */
  public async reload(): Promise<void> {
    if (this.state === 'over') return;
    this.isOwed = true;
    if (this.state === 'before') return;
    this.running ??= this.readWhileOwed().finally(() => { this.running = undefined; });
    return this.running;
  }

  private open(file: WatchedFile): void {
    try {
      file.open();
    } catch (error) {
      // It was there when the collector started, and is read once more at SIGHUP.
      this.options.log.error('The configuration is not watched.', { error: messageOf(error) });
    }
  }

  private async readWhileOwed(): Promise<void> {
    while (this.isOwed) {
      this.isOwed = false;
      await this.readOnce();
    }
  }

  private async readOnce(): Promise<void> {
    const { log, read, apply } = this.options;
    try {
      const { settings, problems } = await read();
      if (settings === undefined) {
        log.error('The new configuration is wrong; the old one stays.', {
          problems: problemReport(problems),
        });
        return;
      }
      const changed = apply(settings);
      if (changed.length === 0) log.info('The configuration means what it meant before.');
      else log.info('The new configuration is in force.', { changed: changed.join(', ') });
    } catch (error) {
      log.error('The new configuration is not taken; the old one stays until a restart.', {
        error: messageOf(error),
      });
    }
  }
}

/** The file that a word behind `--config` names, if it is one. */
function pathOf(given: string): string | undefined {
  if (/^(yaml|env|https?):/.test(given)) return undefined;
  return given.startsWith('file:') ? given.slice(5) : given;
}
