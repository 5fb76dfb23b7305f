/**
 * A collector with a queue on disk that is killed under load again and again: what it answered OK
 * must arrive. Used by a short test and by `npm run crash`.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectorProcess, freePorts, get, until } from './collector-process';
import { TailSamplingScene } from './crash-sampler';
import {
  sceneOf, type CrashClient, type CrashScene, type CrashSite, type SceneName,
} from './crash-scenes';
import { randomNumbers } from './random-numbers';
import { findSpans, spans } from './span-builder';

const SENDERS = 16;
/** Spans of one trace, which come with several requests. */
const SPANS_OF_TRACE = 16;
const LARGEST_FILLER = 20_000;
const MOST_SPANS = 5;
const SHORTEST_MS = 30;
const LONGEST_MS = 900;
/** Some are asked to end, and killed when they have not after at most so long. */
const ASKED_SHARE = 0.3;
const LONGEST_END_MS = 3000;
/** What the backend has answered OK for so long before a kill, the collector knows of. */
const KNOWN_MS = 1000;

/** How a collector is to be killed. */
export interface CrashOptions {
  /** How often. */
  readonly kills: number;
  /** What chance begins with. */
  readonly seed: number;
  /** What is killed; by default a collector with OTLP over HTTP on both sides. */
  readonly scene?: SceneName;
  /** Told after every kill. */
  readonly onKill?: (figures: CrashFigures) => void;
}

/** What was seen. */
export interface CrashFigures {
  /** Times that the collector was killed. */
  readonly kills: number;
  /** Requests that were answered OK. */
  readonly answered: number;
  /** Spans in them. */
  readonly promised: number;
  /** Spans among them that did not arrive. */
  readonly missing: number;
  /** Spans that arrived more than once, counted every time after the first. */
  readonly duplicates: number;
  /** Those that the collector knew to have been taken, with all of their request and trace. */
  readonly knownDuplicates: number;
  /** Spans that were answered OK and waited on disk at a kill, summed over all kills. */
  readonly waitedAtKills: number;
  /** Traces of which spans arrived at more than one backend. */
  readonly splitTraces: number;
  /** Backends at which something arrived. */
  readonly backends: number;
}

/** The long run had an end that was not as it should be. */
export class CrashFailure extends Error {}

class Run {
  /** Traces of the spans that were answered OK. */
  private readonly promised = new Map<string, string>();
  private readonly begun = new Set<string>();
  private readonly arrived = new Set<string>();
  /** When the backend answered OK for a span, in this life from when it was ready. */
  private readonly takenAt = new Map<string, number>();
  /** Spans that a collector knew to have been taken when it was killed. */
  private readonly known = new Set<string>();
  /** The spans that are sent again together with a span: those of its request and of its trace. */
  private readonly others = new Map<string, readonly Set<string>[]>();
  private readonly ofTrace = new Map<string, Set<string>>();
  private readonly random: () => number;
  private readonly directory = mkdtempSync(join(tmpdir(), 'otelgw-crash-'));
  private readonly scene: CrashScene;
  private readonly backendOf = new Map<string, number>();
  private readonly split = new Set<string>();
  private isOpen = true;
  private answered = 0;
  private duplicates = 0;
  private knownDuplicates = 0;
  private waited = 0;
  private kills = 0;
  private next = 0;

  public constructor(private readonly options: CrashOptions) {
    this.random = randomNumbers(options.seed);
    const { scene = 'http' } = options;
    this.scene = scene === 'tail-sampling' ? new TailSamplingScene() : sceneOf(scene);
  }

  public async all(): Promise<CrashFigures> {
    await this.scene.open((body, backend) => {
      // An answer that is lost on its way is what makes duplicates.
      const takes = this.isOpen || this.random() < 0.3;
      const answersOk = takes && (this.isOpen || this.random() < 0.9);
      if (takes) this.take(body, backend, answersOk);
      return answersOk;
    });
    try {
      while (this.kills < this.options.kills) {
        await this.once();
        this.options.onKill?.(this.figures);
      }
      await this.deliverTheRest();
    } finally {
      CollectorProcess.killAll();
      this.scene.close();
      rmSync(this.directory, { recursive: true, force: true });
    }
    return this.figures;
  }

  private get figures(): CrashFigures {
    return {
      kills: this.kills,
      answered: this.answered,
      promised: this.promised.size,
      missing: this.missing,
      duplicates: this.duplicates,
      knownDuplicates: this.knownDuplicates,
      waitedAtKills: this.waited,
      splitTraces: this.split.size,
      backends: new Set(this.backendOf.values()).size,
    };
  }

  /** A trace that may be dropped must arrive as a whole once anything of it has. */
  private get missing(): number {
    return [...this.promised].filter(([id, trace]) => !this.arrived.has(id)
      && (this.scene.isKept?.(trace) !== false || this.begun.has(trace))).length;
  }

  private take(body: Buffer, backend: number, answersOk: boolean): void {
    for (const { spanId, traceId } of findSpans(body)) {
      this.begun.add(nameOf(traceId));
      const owner = this.backendOf.get(traceId) ?? backend;
      this.backendOf.set(traceId, owner);
      if (owner !== backend) this.split.add(traceId);
      if (this.arrived.has(spanId)) this.duplicates += 1;
      this.arrived.add(spanId);
      if (this.isKnown(spanId)) this.knownDuplicates += 1;
      if (answersOk) this.takenAt.set(spanId, performance.now());
    }
  }

  private async once(): Promise<void> {
    this.isOpen = this.random() < 0.5;
    const { collector, port } = await this.start();
    // What the one before had sent when it was killed has come by now.
    this.takenAt.clear();
    const client = this.scene.client(port);
    const senders = Array.from({ length: SENDERS }, () => this.send(client, collector));
    const ms = SHORTEST_MS + this.random() * ((this.scene.longestMs ?? LONGEST_MS) - SHORTEST_MS);
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (this.random() < ASKED_SHARE) await this.askToEnd(collector);
    collector.signal('SIGKILL');
    this.learnTaken(performance.now());
    await collector.ended;
    await Promise.all(senders);
    client.close();
    this.kills += 1;
    this.waited += this.missing;
  }

  private isKnown(span: string): boolean {
    return this.others.get(span)?.every((all) => [...all].every((id) => this.known.has(id)))
      === true;
  }

  private learnTaken(killedAt: number): void {
    for (const [span, takenAt] of this.takenAt) {
      if (killedAt - takenAt > KNOWN_MS) this.known.add(span);
    }
  }

  private async askToEnd(collector: CollectorProcess): Promise<void> {
    collector.signal('SIGTERM');
    const ms = this.random() * LONGEST_END_MS;
    await Promise.race([collector.ended, new Promise((resolve) => setTimeout(resolve, ms))]);
  }

  private async deliverTheRest(): Promise<void> {
    this.isOpen = true;
    const { collector } = await this.start();
    try {
      for (;;) {
        const { missing } = this;
        if (missing === 0) break;
        // A full disk takes longer than any wait; as long as something arrives, all is well.
        await until('more of what was promised arrives', () => this.missing < missing);
      }
    } catch (error) {
      throw new CrashFailure(`${String(error)}: ${JSON.stringify(this.figures)}`
        + `\n${collector.stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LONGEST_MS));
    collector.signal('SIGTERM');
    const { code, stderr } = await collector.ended;
    const left = readdirSync(this.directory, { recursive: true, encoding: 'utf8' })
      // Verdicts of a sampler stay, for spans that come late.
      .filter((file) => /\d-[0-9a-f]{8}\.queue$/.test(file) && !file.includes('facts'));
    if (code === 0 && left.length === 0) return;
    throw new CrashFailure(`the end: must be 0 and nothing left, got ${code} and ${left.join()}`
      + `\n${stderr}`);
  }

  private async start(): Promise<{ collector: CollectorProcess; port: number }> {
    for (;;) {
      const [port, health] = await freePorts(2);
      const site: CrashSite = {
        receiver: port, health, directory: this.directory, random: this.random,
      };
      const words = this.scene.configs(site).flatMap((config) => ['--config', `yaml:${config}`]);
      const collector = new CollectorProcess(['run', ...words], { POD_IP: '127.0.0.1' });
      let isOver = false;
      void collector.ended.then(() => { isOver = true; });
      try {
        await until('readiness', async () => isOver || (await get(health)).status === 200);
      } catch (error) {
        throw new CrashFailure(`${String(error)}: ${collector.stderr}`);
      }
      if (!isOver) return { collector, port };
      // Somebody else may have taken a port meanwhile.
      if (!collector.stderr.includes('EADDRINUSE')) throw new CrashFailure(collector.stderr);
    }
  }

  /** Sends until the collector is gone. */
  private async send(client: CrashClient, collector: CollectorProcess): Promise<void> {
    let isOver = false;
    void collector.ended.then(() => { isOver = true; });
    while (!isOver) {
      const numbers = Array.from(
        { length: 1 + Math.floor(this.random() * MOST_SPANS) }, () => this.next++);
      const filler = 'x'.repeat(Math.floor(this.random() ** 4 * LARGEST_FILLER));
      const sent = numbers.map((number) => ({
        trace: this.scene.traceOf?.(number) ?? `t${Math.floor(number / SPANS_OF_TRACE)}`,
        span: number.toString(16).padStart(16, '0'),
      }));
      const body = spans(sent.map(({ trace, span }) => ({
        trace, span, attributes: { filler, ...this.scene.attributesOf?.(trace) },
      })));
      this.noteTogether(sent);
      if (!await client.send(body)) continue;
      this.answered += 1;
      for (const { span, trace } of sent) this.promised.set(span, trace);
    }
  }

  private noteTogether(sent: readonly { readonly trace: string; readonly span: string }[]): void {
    const request = new Set(sent.map(({ span }) => span));
    for (const { trace, span } of sent) {
      const all = this.ofTrace.get(trace) ?? new Set();
      this.ofTrace.set(trace, all.add(span));
      this.others.set(span, [request, all]);
    }
  }
}

/** The name that an id of a trace was made of. */
function nameOf(traceId: string): string {
  return Buffer.from(traceId, 'hex').toString('latin1').replaceAll('\0', '');
}

/** Kills a collector as often as `options` say, and lets it deliver what it promised. */
export function crashRun(options: CrashOptions): Promise<CrashFigures> {
  return new Run(options).all();
}
