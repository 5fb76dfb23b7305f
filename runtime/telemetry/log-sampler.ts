/** Bounds a flood of the same line, as upstream's logger does. */
import type { Clock } from '../clock';

/** How many lines of one sentence and level are written. */
export interface SamplingSettings {
  /** Length of the window in milliseconds. */
  readonly tick: number;
  /** Lines of a window that are all written. */
  readonly initial: number;
  /** Of the lines after those, each such one is written; 0 is none. */
  readonly thereafter: number;
}

interface Window {
  end: number;
  count: number;
}

const MOST_WINDOWS = 1024;
const KEY_LENGTH = 256;

/** Decides line by line. */
export class LogSampler {
  private readonly windows = new Map<string, Window>();

  public constructor(private readonly settings: SamplingSettings, private readonly clock: Clock) {}

  /** Whether this line is written. */
  public admits(level: string, message: string): boolean {
    const { initial, thereafter } = this.settings;
    const window = this.windowOf(`${level}:${message.length}:${message.slice(0, KEY_LENGTH)}`);
    window.count++;
    if (window.count <= initial) return true;
    return thereafter > 0 && (window.count - initial) % thereafter === 0;
  }

  private windowOf(key: string): Window {
    const now = this.clock.monotonic();
    const known = this.windows.get(key);
    if (known !== undefined && now < known.end) return known;
    // Sentences are few; a flood of different ones must not grow the table without end.
    if (this.windows.size >= MOST_WINDOWS) this.windows.clear();
    const window = { end: now + this.settings.tick, count: 0 };
    this.windows.set(key, window);
    return window;
  }
}
