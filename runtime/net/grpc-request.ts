/** One unary gRPC request as a client sees it. */
import { STATUS_CODES } from 'http';
import type {
  ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders,
} from 'http2';
import type { Clock, Timer } from '../clock';
import { messageOf } from '../errors';
import type { GrpcConnection } from './grpc-connection';
import { decompressMessage, percentDecode } from './grpc-rules';
import { MessageAssembler, messagePrefix } from './message-assembler';
import { Code, codeOfHttp, OK, type Status } from './status';
import { decodeStatus } from './status-codec';
import type { Done } from './transport';

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const REFUSED_STREAM = 7;
const CANCEL = 8;
const NOTHING = new Uint8Array(0);
/** Where gRPC reads HTTP statuses otherwise than OTLP over HTTP does. */
const GRPC_OF_HTTP: ReadonlyMap<number, number> = new Map([
  [400, Code.internal], [429, Code.unavailable],
]);
const MAX_TIMEOUT_MS = 99_999_999;

/** What a request is made from. */
export interface GrpcRequestOptions {
  /** The headers that it has now, without the deadline. */
  readonly headers: () => OutgoingHttpHeaders;
  /** The message's bytes in a row. */
  readonly chunks: readonly Uint8Array[];
  /** Whether they are compressed. */
  readonly isCompressed: boolean;
  /** Longest time in milliseconds; 0 is no limit. */
  readonly timeoutMs: number;
  /** The time. */
  readonly clock: Clock;
  /** Told what became of it. */
  readonly done: Done;
  /** Asked when the peer says that it has not looked at the request. */
  readonly again: (request: GrpcRequest) => void;
}

/** One message on its way, until its answer. */
export class GrpcRequest {
  /** Whether `done` was told. */
  public isDone = false;
  /** How often the peer sent it back unread. */
  public returns = 0;
  private readonly timer?: Timer;
  private readonly deadline: number;
  private stream?: ClientHttp2Stream;
  private connection?: GrpcConnection;

  public constructor(private readonly options: GrpcRequestOptions) {
    const { clock, timeoutMs } = options;
    this.deadline = clock.monotonic() + timeoutMs;
    if (timeoutMs > 0) this.timer = clock.after(timeoutMs, () => this.expire());
  }

  /** Sends it over `connection`; false when that has just ended. */
  public begin(connection: GrpcConnection): boolean {
    const stream = this.open(connection);
    if (stream === undefined) return false;
    this.stream = stream;
    this.connection = connection;
    new GrpcAnswer(stream, (status, answer) => this.answered(status, answer));
    const { chunks, isCompressed } = this.options;
    stream.cork();
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    stream.write(messagePrefix(length, isCompressed));
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    return true;
  }

  /** Ends it without an answer from the peer. */
  public fail(status: Status): void {
    if (!this.stream?.destroyed) this.stream?.close(CANCEL);
    this.finish(status, NOTHING);
  }

  private open(connection: GrpcConnection): ClientHttp2Stream | undefined {
    try {
      return connection.request(this.headers());
    } catch {
      // The session ended between two events; the next connection takes the request.
      return undefined;
    }
  }

  private headers(): OutgoingHttpHeaders {
    const { clock, headers, timeoutMs } = this.options;
    if (timeoutMs <= 0) return headers();
    const left = Math.max(1, Math.ceil(this.deadline - clock.monotonic()));
    return { ...headers(), 'grpc-timeout': `${Math.min(left, MAX_TIMEOUT_MS)}m` };
  }

  private answered(status: Status | 'returned', answer: Uint8Array): void {
    if (status !== 'returned') {
      this.finish(status, answer);
    } else if (this.returns++ === 0 && !this.isDone) {
      this.options.again(this);
    } else {
      this.finish({ code: Code.unavailable, message: 'the peer takes no streams' }, NOTHING);
    }
  }

  private expire(): void {
    this.connection?.probe();
    this.fail({ code: Code.deadlineExceeded, message: 'context deadline exceeded' });
  }

  private finish(status: Status, answer: Uint8Array): void {
    if (this.isDone) return;
    this.isDone = true;
    this.timer?.cancel();
    this.options.done(status, answer);
  }
}

/** Reads one answer, and tells `done` once. */
class GrpcAnswer {
  private readonly assembler = new MessageAssembler(MAX_ANSWER_BYTES);
  private headers?: IncomingHttpHeaders & IncomingHttpStatusHeader;
  private trailers?: IncomingHttpHeaders;
  private failure?: Status;
  private isDone = false;

  public constructor(
    private readonly stream: ClientHttp2Stream,
    private readonly done: (status: Status | 'returned', answer: Uint8Array) => void,
  ) {
    stream.on('response', (headers) => { this.headers = headers; });
    stream.on('trailers', (trailers) => { this.trailers = trailers; });
    stream.on('data', (chunk: Uint8Array) => this.take(chunk));
    // A stream whose answer is complete may still be reset, which says nothing about the answer.
    // One that is cut off ends too, and only when it closes is it known that it was cut.
    stream.on('end', () => {
      if (this.told() !== undefined || !stream.writableFinished) this.end(undefined);
    });
    stream.on('error', (error) => this.end(error));
    stream.on('close', () => this.end(undefined));
  }

  private take(chunk: Uint8Array): void {
    if (this.failure !== undefined) return;
    this.failure = this.assembler.push(chunk);
    if (this.failure !== undefined) this.stream.close(CANCEL);
  }

  private end(error: Error | undefined): void {
    if (this.isDone) return;
    this.isDone = true;
    const told = this.told();
    if (told !== undefined && told.code !== Code.ok) {
      this.done(told, NOTHING);
    } else if (told !== undefined) {
      this.succeed();
    } else if (this.stream.rstCode === REFUSED_STREAM && this.headers === undefined) {
      this.done('returned', NOTHING);
    } else {
      this.done(this.unanswered(error), NOTHING);
    }
    // What is left of the request is of no use to a peer that has answered.
    if (!this.stream.writableFinished && !this.stream.destroyed) this.stream.close(CANCEL);
  }

  /** What the peer said of the outcome. */
  private told(): Status | undefined {
    if (this.failure !== undefined) return this.failure;
    const from = this.trailers?.['grpc-status'] === undefined ? this.headers : this.trailers;
    const code = from?.['grpc-status'];
    if (from === undefined || code === undefined) return undefined;
    const details = from['grpc-status-details-bin'];
    const detailed = typeof details === 'string'
      ? decodeStatus(Buffer.from(details, 'base64'))
      : undefined;
    return {
      code: /^\d{1,5}$/.test(String(code)) ? Number(code) : Code.unknown,
      message: percentDecode(String(from['grpc-message'] ?? '')),
      ...detailed?.retryDelayMs !== undefined && { retryDelayMs: detailed.retryDelayMs },
    };
  }

  private succeed(): void {
    const failure = this.assembler.end();
    if (failure !== undefined) {
      this.done(failure, NOTHING);
    } else if (this.assembler.flag === 0) {
      this.done(OK, this.assembler.message());
    } else {
      const encoding = String(this.headers?.['grpc-encoding'] ?? '');
      const answer = decompressMessage(this.assembler.message(), encoding, MAX_ANSWER_BYTES);
      if (answer instanceof Uint8Array) this.done(OK, answer); else this.done(answer, NOTHING);
    }
  }

  private unanswered(error: Error | undefined): Status {
    const http = this.headers?.[':status'];
    if (http !== undefined && http !== 200) {
      const code = GRPC_OF_HTTP.get(http) ?? codeOfHttp(http);
      const text = STATUS_CODES[http] ?? 'unknown';
      const message = `unexpected HTTP status code received from server: ${http} (${text})`;
      return { code, message };
    }
    if (error !== undefined) return { code: Code.unavailable, message: messageOf(error) };
    // A connection that breaks off in the middle of an answer resets its streams without an error.
    return this.headers === undefined || this.stream.rstCode !== 0
      ? { code: Code.unavailable, message: 'the connection ended before an answer' }
      : { code: Code.internal, message: 'server closed the stream without sending trailers' };
  }
}
