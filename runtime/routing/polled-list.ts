/**
 * Asks for the backends again and again: after the wait that the last answer allows, sooner while
 * there is none, and never while a question is open. A failure keeps the list, and is said once.
 */
import {
  BackendList, type BackendsListener, type ResolverContext, type ResolverKind,
} from './resolver';
import type { Timer } from '../clock';
import { messageOf } from '../errors';

const LONGEST_WAIT_FOR_FIRST_MS = 1000;

/** What is asked, and how. Times are in milliseconds. */
export interface PolledListOptions<A> {
  /** What metrics call the resolver. */
  readonly kind: ResolverKind;
  /** Time between two questions. */
  readonly intervalMs: number;
  /** Longest time of one. */
  readonly timeoutMs: number;
  /** What is asked, as an error about its silence begins. */
  readonly question: string;
  /** What lines about failures say of it. */
  readonly fields: Readonly<Record<string, string>>;
  /** Asks. */
  ask(): Promise<A>;
  /**
   * What an answer says.
   *
   * @throws Error when it cannot be believed.
   */
  read(answer: A): ReadAnswer;
  /** Ends an open question. */
  cancel(): void;
}

/** What an answer says. */
export interface ReadAnswer {
  /** The backends. */
  readonly found: readonly string[];
  /** When to ask again at the latest, where that is before the interval is over. */
  readonly waitMs?: number;
}

/** A list of backends that is asked for. */
export class PolledList<A> {
  private readonly list: BackendList;
  private next?: Timer;
  private failures = 0;
  private state: 'new' | 'started' | 'stopped' = 'new';

  public constructor(
    private readonly options: PolledListOptions<A>, private readonly context: ResolverContext,
  ) {
    this.list = new BackendList(options.kind, context.metrics);
  }

  /** The backends now. */
  public get current(): readonly string[] {
    return this.list.current;
  }

  /** Asks for the first time, and goes on. Twice is harmless. */
  public async start(listener: BackendsListener): Promise<void> {
    if (this.state !== 'new') return;
    this.state = 'started';
    this.list.tell(listener);
    await this.poll();
  }

  /** Ends it. */
  public stop(): void {
    this.state = 'stopped';
    this.next?.cancel();
    this.options.cancel();
    this.list.tell(() => undefined);
  }

  private get isStopped(): boolean {
    return this.state === 'stopped';
  }

  private async poll(): Promise<void> {
    let wait = this.options.intervalMs;
    try {
      const answer = await this.answer();
      if (this.isStopped) return;
      const { found, waitMs = wait } = this.options.read(answer);
      this.list.resolved(found);
      this.failures = 0;
      wait = Math.min(wait, waitMs);
    } catch (error) {
      if (!this.isStopped) this.fail(error);
    }
    if (this.isStopped) return;
    if (this.list.current.length === 0) wait = Math.min(wait, LONGEST_WAIT_FOR_FIRST_MS);
    this.next = this.context.clock.after(wait, () => { void this.poll(); });
  }

  /** The answer, or an error after the time-out, which ends the question. */
  private async answer(): Promise<A> {
    const { question, timeoutMs } = this.options;
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.context.clock.after(timeoutMs, () => {
        reject(new Error(`${question}: must answer in ${timeoutMs} ms, got nothing`));
        this.options.cancel();
      });
    });
    try {
      return await Promise.race([this.options.ask(), late]);
    } finally {
      timer?.cancel();
    }
  }

  private fail(error: unknown): void {
    this.list.failed();
    this.failures++;
    // What stays away is said once, not every few seconds.
    const level = this.failures === 1 ? 'warn' : 'debug';
    this.context.log[level]('could not resolve the backends, the list stays as it is', {
      ...this.options.fields, backends: this.list.current.length, error: messageOf(error),
    });
  }
}
