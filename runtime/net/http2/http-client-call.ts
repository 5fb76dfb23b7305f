/** One request of an HTTP client over our own HTTP/2, and its answer. */
import type { BegunCall } from '../grpc-session';
import {
  HeldAnswer, type AnswerHead, type HttpCallEnd, type OutgoingPost,
} from '../http-answer';
import {
  ClientStream, cutOff, mistake, resetMessage, type ClientStreamHost,
} from './client-stream';
import { ErrorCode } from './frames';
import type { FieldList } from './stream';

const NO_MEMORY = 'the memory for answers that are on their way in is used up';
/** Header fields of an answer that somebody asks for. */
const WANTED: ReadonlySet<string> = new Set(['content-type', 'location', 'retry-after']);
const COOKIE = 'set-cookie';

/** A request, from its headers to its answer. */
export class HttpClientCall extends ClientStream implements BegunCall {
  private head?: AnswerHead;
  private readonly answer = new HeldAnswer();
  private isOver = false;

  public constructor(
    id: number, host: ClientStreamHost, private readonly post: OutgoingPost,
    /** Whether the connection has carried others before. */
    private readonly isLater: boolean,
  ) {
    super(id, host);
  }

  public cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.host.connection.reset(this, ErrorCode.cancel);
  }

  public giveBack(): void {
    this.host.connection.remove(this, 'reset by us');
    this.finish('returned');
  }

  public onHeaders(fields: FieldList, isEndStream: boolean): void {
    if (this.head === undefined) {
      const status = this.finalStatus(fields, isEndStream);
      if (status !== undefined) this.head = headOf(status, fields);
    } else if (!isEndStream) {
      this.host.connection.blame(this, ErrorCode.protocolError);
    }
  }

  public onData(source: Uint8Array, start: number, end: number): void {
    const { connection } = this.host;
    if (this.head === undefined) {
      connection.blame(this, ErrorCode.protocolError);
      return;
    }
    const isKept = this.answer.push(source, start, end);
    // What is not kept takes no memory, and is credited.
    if (!isKept || this.isOver) connection.release(this);
    if (this.answer.isEndless) this.giveUp();
  }

  public onEnd(): void {
    if (this.head === undefined) this.fail('the connection ended before an answer');
    else this.finish({ head: this.head, body: this.answer.bytes });
    // What is left of the request is of no use to a peer that has answered.
    if (!this.isDone) this.host.connection.reset(this, ErrorCode.cancel);
  }

  public onReset(code: number): void {
    const { closed, isOver } = this.host.connection;
    const isByPeer = closed.endingOf(this.id) === 'reset by the peer';
    if (this.head !== undefined) {
      this.brokenOff();
    } else if (isOver) {
      this.fail(cutOff(this.host.failure).message, this.isLater);
    } else if (isByPeer && code === ErrorCode.refusedStream) {
      this.finish('returned');
    } else {
      this.fail(isByPeer ? resetMessage(code) : mistake(code).message);
    }
  }

  public onShed(): void {
    if (this.isOver) return;
    this.host.connection.reset(this, ErrorCode.cancel);
    this.fail(NO_MEMORY);
  }

  private giveUp(): void {
    this.host.connection.reset(this, ErrorCode.cancel);
    this.brokenOff();
  }

  /** The status says what became of the request, with or without the rest of the answer. */
  private brokenOff(): void {
    if (this.head !== undefined) this.finish({ head: this.head, body: new Uint8Array(0) });
  }

  private fail(failure: string, mayTryAgain = false): void {
    this.finish({ failure, mayTryAgain });
  }

  private finish(end: HttpCallEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.host.connection.release(this);
    this.post.answered(end);
  }
}

function headOf(status: number, { names, values }: FieldList): AnswerHead {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  names.forEach((name, index) => {
    if (WANTED.has(name)) headers[name] ??= values[index];
    else if (name === COOKIE) cookies.push(values[index]);
  });
  return {
    status,
    contentType: headers['content-type'] ?? '',
    location: headers.location,
    retryAfter: headers['retry-after'],
    cookies,
  };
}
