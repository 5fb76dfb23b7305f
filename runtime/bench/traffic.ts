/** Load and backends: what `go/load` does, told by lines. */
import type { ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { LOAD, onCore, OTHER_CORE, output, start } from './programs';

/** How requests look and how they are carried, on both sides of the collector. */
export interface Carriage {
  /** OTLP over gRPC, or over HTTP with protobuf. */
  readonly protocol: 'grpc' | 'http';
  /** Whether bodies are compressed. */
  readonly gzip: boolean;
  /** Whether connections are over TLS. */
  readonly tls: boolean;
  /** Spans in each request that is sent. */
  readonly spans: number;
  /** Spans of a trace, give or take one, that lie in three requests; else traces are short and
   * whole in one request. */
  readonly traceSpans?: number;
}

/** What a backend counted; latencies are in milliseconds from when a request was due. */
export interface Arrived {
  readonly spans: number;
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
}

/** What the load counted; latencies are those of answers, from when a request was due. */
export interface Sent {
  readonly sent: number;
  readonly accepted: number;
  readonly refused: number;
  readonly requests: number;
  /** Of what has ended, the spans that a tail sampler must keep. */
  readonly due: number;
  /** What the first request was refused with. */
  readonly failure: string;
  readonly p50: number;
  readonly p99: number;
}

/** What a request is like. */
export interface Described {
  readonly spans: number;
  readonly bytesPerSpan: number;
  readonly gzipRatio: number;
}

/** PEM files of the certificate that all servers of the bench have. */
export interface CertificateFiles {
  /** The authority that signed it. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A process that answers words with lines of JSON. */
class Told<Report> {
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  /** Resolves to the first line, which it prints when it runs; backends tell where they listen. */
  public readonly running: Promise<{ readonly ports: readonly number[] }>;

  public constructor(words: readonly string[]) {
    // Load and backends share a core; less collecting of garbage leaves more of it to them.
    this.child = start(onCore(OTHER_CORE, [LOAD, ...words]), { GOMAXPROCS: '1', GOGC: '400' });
    this.lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    this.running = this.nextLine();
  }

  /** Begins latencies anew. */
  public reset(): void {
    this.child.stdin?.write('reset\n');
  }

  /** What it counted until now. */
  public report(): Promise<Report> {
    return this.ask('report');
  }

  /** Ends what it does, and tells all that it counted. */
  public stop(): Promise<Report> {
    return this.ask('stop');
  }

  /** Ends the process. */
  public close(): void {
    this.child.stdin?.end();
  }

  private ask(word: string): Promise<Report> {
    const line = this.nextLine<Report>();
    this.child.stdin?.write(`${word}\n`);
    return line;
  }

  private nextLine<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('bench: load must run on, got its end'));
      this.lines.once('line', (line) => {
        this.lines.off('close', ended);
        resolve(JSON.parse(line) as T);
      });
      this.lines.once('close', ended);
    });
  }
}

/** Backends that count spans. */
export type Sink = Told<Arrived>;

/** What sends requests. */
export type Load = Told<Sent>;

function wordsOf({ protocol, gzip, tls, spans, traceSpans = 0 }: Carriage): string[] {
  return ['-protocol', protocol, `-gzip=${gzip}`, `-tls=${tls}`, '-spans', String(spans),
    '-trace-spans', String(traceSpans), `-sdk=${process.env.BENCH_ORDER !== 'collector'}`];
}

/** Starts so many backends in one process, which counts in the file `arrived`, too. */
export function openSink(
  carriage: Carriage, certificate: CertificateFiles, backends = 1, arrived = '',
): Sink {
  const files = carriage.tls ? ['-certificate', certificate.cert, '-key', certificate.key] : [];
  return new Told<Arrived>(['sink', ...wordsOf(carriage), '-ports', String(backends),
    '-arrived', arrived, ...files]);
}

/**
 * Starts the load on host and port `to`: `rate` in spans per second, or 0 for a closed loop, which
 * has as many requests under way on each of its connections as there are connections, and begins
 * no more as long as the collector holds some batches that have not `arrived`.
 */
export function openLoad(
  carriage: Carriage, to: string, rate: number, connections = 4, arrived = '',
): Load {
  return new Told<Sent>(
    ['send', ...wordsOf(carriage), '-to', to, '-rate', String(rate),
      '-connections', String(connections), '-in-flight', String(connections),
      '-arrived', arrived]);
}

/** What requests of so many spans are like. */
export function describeRequests(carriage: Carriage): Described {
  return JSON.parse(output([LOAD, 'describe', ...wordsOf(carriage)])) as Described;
}

/** Milliseconds from the start of `command` until it has accepted a request on `port`. */
export function startUpMs(carriage: Carriage, port: number, command: readonly string[]): number {
  const words = [LOAD, 'start', ...wordsOf(carriage), '-to', `127.0.0.1:${port}`, '--', ...command];
  const { accepted } = JSON.parse(output(onCore(OTHER_CORE, words))) as { accepted: number };
  return accepted;
}
