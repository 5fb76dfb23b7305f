/** A small file that is read again when it changes, such as one of a mounted Secret. */
import { readFileSync } from 'fs';
import { readFile } from 'fs/promises';
import type { Timer } from '../clock';
import { messageOf } from '../errors';
import type { NetContext } from './authentication';

/** Kubernetes takes up to a minute or two to replace such files, so this adds little. */
const LOOK_MS = 1000;

/** The text of a file, as it is now. */
export class WatchedFile {
  private text = '';
  private failure = '';
  private looking?: Timer;
  private isReading = false;

  /** `key` is where the file is named; `changed` is told after every change but not at first. */
  public constructor(
    private readonly file: string, private readonly key: string,
    private readonly context: Pick<NetContext, 'clock' | 'log'>,
    private readonly changed: (text: string) => void,
  ) {}

  /**
   * Reads it, and goes on to look.
   *
   * @throws Error when it cannot be read.
   */
  public open(): string {
    try {
      this.text = readFileSync(this.file, 'utf8');
    } catch (error) {
      throw new Error(`${this.key}: must name a file that can be read, got ${messageOf(error)}`);
    }
    this.looking = this.context.clock.every(LOOK_MS, () => { void this.look(); });
    return this.text;
  }

  /** Looks no more. */
  public close(): void {
    this.looking?.cancel();
    this.looking = undefined;
  }

  /** Looks now; what was there stays when the file cannot be read, which is told once. */
  public async look(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      const text = await readFile(this.file, 'utf8');
      this.failure = '';
      if (this.looking !== undefined && text !== this.text) {
        this.text = text;
        this.context.log.info('A file has changed and was read again.', { file: this.file });
        this.changed(text);
      }
    } catch (error) {
      const failure = messageOf(error);
      if (failure !== this.failure && this.looking !== undefined) {
        this.context.log.error('A file cannot be read again; what it held before stays.', {
          file: this.file, error: failure,
        });
      }
      this.failure = failure;
    } finally {
      this.isReading = false;
    }
  }
}
