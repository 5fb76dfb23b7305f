/**
 * A collector with a queue on disk that is killed under load again and again: what it answered OK
 * must arrive. Used by a short test and by `npm run crash`.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CollectorProcess, freePorts, get, until } from './collector-process';
import { randomNumbers } from './random-numbers';
import { findSpans, spans } from './span-builder';

const SENDERS = 16;
const LARGEST_FILLER = 20_000;
const MOST_SPANS = 5;
const SHORTEST_MS = 30;
const LONGEST_MS = 900;

/** How a collector is to be killed. */
export interface CrashOptions {
  /** How often. */
  readonly kills: number;
  /** What chance begins with. */
  readonly seed: number;
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
  /** Spans that were answered OK and waited on disk at a kill, summed over all kills. */
  readonly waitedAtKills: number;
}

/** The long run had an end that was not as it should be. */
export class CrashFailure extends Error {}

class Run {
  private readonly promised = new Set<string>();
  private readonly arrived = new Set<string>();
  private readonly random: () => number;
  private readonly directory = mkdtempSync(join(tmpdir(), 'otelgw-crash-'));
  private readonly sink: Server;
  private isOpen = true;
  private answered = 0;
  private duplicates = 0;
  private waited = 0;
  private kills = 0;
  private next = 0;

  public constructor(private readonly options: CrashOptions) {
    this.random = randomNumbers(options.seed);
    this.sink = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        // An answer that is lost on its way is what makes duplicates.
        const takes = this.isOpen || this.random() < 0.3;
        if (takes) this.take(Buffer.concat(chunks));
        response.writeHead(takes && (this.isOpen || this.random() < 0.9) ? 200 : 503).end();
      });
    });
  }

  public async all(): Promise<CrashFigures> {
    await new Promise<void>((resolve) => this.sink.listen(0, '127.0.0.1', resolve));
    try {
      while (this.kills < this.options.kills) {
        await this.once();
        this.options.onKill?.(this.figures);
      }
      await this.deliverTheRest();
    } finally {
      CollectorProcess.killAll();
      this.sink.closeAllConnections();
      this.sink.close();
      rmSync(this.directory, { recursive: true, force: true });
    }
    return this.figures;
  }

  private get figures(): CrashFigures {
    return {
      kills: this.kills,
      answered: this.answered,
      promised: this.promised.size,
      missing: [...this.promised].filter((id) => !this.arrived.has(id)).length,
      duplicates: this.duplicates,
      waitedAtKills: this.waited,
    };
  }

  private take(body: Buffer): void {
    for (const { spanId } of findSpans(body)) {
      if (this.arrived.has(spanId)) this.duplicates += 1;
      this.arrived.add(spanId);
    }
  }

  private async once(): Promise<void> {
    this.isOpen = this.random() < 0.5;
    const { collector, port } = await this.start();
    const senders = Array.from({ length: SENDERS }, () => this.send(port, collector));
    const ms = SHORTEST_MS + this.random() * (LONGEST_MS - SHORTEST_MS);
    await new Promise((resolve) => setTimeout(resolve, ms));
    collector.signal('SIGKILL');
    await collector.ended;
    await Promise.all(senders);
    this.kills += 1;
    this.waited += this.figures.missing;
  }

  private async deliverTheRest(): Promise<void> {
    this.isOpen = true;
    const { collector } = await this.start();
    try {
      await until('all that was promised arrives', () => this.figures.missing === 0);
    } catch (error) {
      throw new CrashFailure(`${String(error)}: ${JSON.stringify(this.figures)}`
        + `\n${collector.stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LONGEST_MS));
    collector.signal('SIGTERM');
    const { code, stderr } = await collector.ended;
    const left = readdirSync(this.directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\d-[0-9a-f]{8}\.queue$/.test(file));
    if (code === 0 && left.length === 0) return;
    throw new CrashFailure(`the end: must be 0 and nothing left, got ${code} and ${left.join()}`
      + `\n${stderr}`);
  }

  private async start(): Promise<{ collector: CollectorProcess; port: number }> {
    const [port, health] = await freePorts(2);
    const config = this.config(port, health);
    const collector = new CollectorProcess(['run', '--config', `yaml:${config}`]);
    await until('readiness', async () => (await get(health)).status === 200);
    return { collector, port };
  }

  /** Every run keeps requests in another way; the files are the same. */
  private config(port: number, health: number): string {
    const sink = (this.sink.address() as AddressInfo).port;
    const batch = this.random() < 0.5 ? '' : 'batch: { flush_timeout: 20ms, max_size: 9000 },';
    return `
receivers:
  otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } }
exporters:
  otlp_http:
    endpoint: "http://127.0.0.1:${sink}"
    compression: none
    sending_queue: { ${batch} storage: file_storage, sizer: bytes, queue_size: 400000000 }
    retry_on_failure: { initial_interval: 20ms, max_interval: 100ms, max_elapsed_time: 0s }
extensions:
  health_check: { endpoint: "127.0.0.1:${health}" }
  file_storage:
    directory: ${this.directory}
    fsync: ${this.random() < 0.3}
    compaction: { on_start: ${this.random() < 0.3}, directory: ${this.directory} }
service:
  extensions: [health_check, file_storage]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [otlp_http] }
`;
  }

  /** Sends until the collector is gone. */
  private async send(port: number, collector: CollectorProcess): Promise<void> {
    let isOver = false;
    void collector.ended.then(() => { isOver = true; });
    while (!isOver) {
      const ids = Array.from({ length: 1 + Math.floor(this.random() * MOST_SPANS) },
        () => (this.next++).toString(16).padStart(16, '0'));
      const filler = 'x'.repeat(Math.floor(this.random() ** 4 * LARGEST_FILLER));
      const body = spans(ids.map((span) => ({ trace: span, span, attributes: { filler } })));
      const status = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
        method: 'POST', headers: { 'content-type': 'application/x-protobuf' }, body,
      }).then(async (response) => {
        await response.arrayBuffer();
        return response.status;
      }).catch(() => 0);
      if (status !== 200) continue;
      this.answered += 1;
      for (const id of ids) this.promised.add(id);
    }
  }
}

/** Kills a collector as often as `options` say, and lets it deliver what it promised. */
export function crashRun(options: CrashOptions): Promise<CrashFigures> {
  return new Run(options).all();
}
