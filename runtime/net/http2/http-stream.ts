/** A request over our own HTTP/2 that is answered as one over HTTP/1.1 is. */
import type { IncomingHttpHeaders } from 'http';
import { plainBlock } from './answer-blocks';
import { ErrorCode } from './frames';
import type { Promises } from '../incoming-block';
import { areTrailers, headersOf, isOfConnections, type RequestHead } from './request-head';
import { blockFor, ServerStream, type StreamHost } from './server-stream';
import type { FieldList } from './stream';
import type { Clock } from '../../clock';
import type { HttpCall } from '../../telemetry/calls';
import type { HttpAnswers } from '../http-answers';
import { Tally, type HttpExchange, type NoBody, type TakeBody } from '../http-exchange';
import { IncomingBody } from '../incoming-body';
import type { RawHeaders } from '../request-metadata';
import { Code, type Status } from '../status';

/** What the requests of one connection share. */
export interface HttpDoor {
  /** Who answers. */
  readonly answers: HttpAnswers;
  /** Memory that may be set aside. */
  readonly promises: Promises;
  /** The time. */
  readonly clock: Clock;
  /** What is said of all requests to those who count. */
  readonly facts: Omit<HttpCall, 'method'>;
  /** Address of the client. */
  readonly peer: string;
  /** Its port. */
  readonly peerPort: number;
  /** Whether somebody asks for the headers as they came. */
  readonly keepsHeaders: boolean;
  /** Milliseconds that a request may take to arrive; 0 is without a limit of its own. */
  readonly readTimeout: number;
  /** Milliseconds that its answer may take from its beginning; 0 is without limit. */
  readonly writeTimeout: number;
}

const NOTHING = new Uint8Array(0);
const NO_CONTENT = 204;
const REQUEST_TIMEOUT = 408;
const HEADERS_TOO_LARGE = 431;
const NO_MEMORY: Status = {
  code: Code.unavailable, message: 'the memory for bodies that are on their way in is used up',
};

/** One of them. */
export class HttpStream extends ServerStream implements HttpExchange {
  public readonly tally = new Tally();
  public method = '';
  public target = '';
  public headers: IncomingHttpHeaders = {};
  public rawHeaders: RawHeaders = [];
  private readonly incoming: IncomingBody;
  private take?: TakeBody;
  private told?: Map<string, string[]>;
  private contentLength = -1;
  private bodyBytes = 0;
  private writeBy = Infinity;
  private isTooLarge = false;
  private isUnderWay = false;
  private isAnswered = false;

  public constructor(
    id: number, look: number,
    private readonly host: StreamHost, private readonly door: HttpDoor,
  ) {
    super(id, look);
    this.incoming = new IncomingBody(door.answers.maxBytes, door.promises);
  }

  public get peer(): string {
    return this.door.peer;
  }

  public get peerPort(): number {
    return this.door.peerPort;
  }

  public get facts(): HttpCall {
    return { ...this.door.facts, method: this.method };
  }

  public begin(head: RequestHead, fields: FieldList, isWhole: boolean, now: number): void {
    const { answers, keepsHeaders, readTimeout, writeTimeout } = this.door;
    if (writeTimeout > 0) this.writeBy = now + writeTimeout;
    this.deadline = Math.min(readTimeout > 0 ? now + readTimeout : Infinity, this.writeBy);
    if (!isWhole) {
      this.answer(HEADERS_TOO_LARGE, {}, NOTHING);
      return;
    }
    if (this.isPeerDone && head.contentLength > 0) {
      this.host.connection.blame(this, ErrorCode.protocolError);
      return;
    }
    this.contentLength = head.contentLength;
    this.incoming.expect(head.contentLength);
    this.method = head.method;
    this.target = head.path;
    this.headers = headersOf(fields, false);
    if (keepsHeaders) this.rawHeaders = fields.flat();
    answers.serve(this);
  }

  public collect(done: TakeBody): void {
    this.take = done;
    const isTooLarge = this.isTooLarge || this.contentLength > this.door.answers.maxBytes;
    if (this.isClosed) {
      this.giveUp('aborted');
    } else if (isTooLarge) {
      this.giveUp('too large');
    } else if (this.isPeerDone) {
      this.complete();
    }
  }

  public setHeader(name: string, value: string): void {
    this.told ??= new Map();
    this.told.set(name.toLowerCase(), [value]);
  }

  public appendHeader(name: string, value: string): void {
    const before = this.told?.get(name.toLowerCase());
    if (before === undefined) this.setHeader(name, value); else before.push(value);
  }

  public answer(
    status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array,
  ): void {
    const { host, tally } = this;
    const { connection } = host;
    if (this.isUnderWay) host.underWay--;
    this.isUnderWay = false;
    if (this.isAnswered || this.isClosed) return;
    this.isAnswered = true;
    this.incoming.drop();
    connection.release(this);
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const block = this.blockOf(status, headers, bytes.length);
    const isEnd = bytes.length === 0 || this.method === 'HEAD';
    host.spoke();
    tally.status = status;
    tally.responseBytes = bytes.length;
    connection.sender.headers(this.id, blockFor(host, block), isEnd);
    if (isEnd) connection.finished(this);
    else connection.sender.send(this, { chunks: [bytes], index: 0, offset: 0, left: bytes.length });
    tally.end();
    // Whatever else the client sends of this request is not waited for.
    if (this.isDone && !this.isPeerDone) connection.reset(this, ErrorCode.noError);
  }

  public discard(): void {
    // With the answer that was done already.
  }

  public expire(): void {
    if (this.deadline === this.writeBy) {
      this.deadline = Infinity;
      this.host.connection.reset(this, ErrorCode.internalError);
      this.onReset();
      return;
    }
    this.deadline = this.writeBy;
    if (!this.isPeerDone) this.answer(REQUEST_TIMEOUT, {}, NOTHING);
  }

  public onHeaders(fields: FieldList): void {
    if (!areTrailers(fields)) this.host.connection.blame(this, ErrorCode.protocolError);
  }

  public onData(source: Uint8Array, start: number, end: number): void {
    const { connection } = this.host;
    this.bodyBytes += end - start;
    if (this.contentLength >= 0 && this.bodyBytes > this.contentLength) {
      connection.blame(this, ErrorCode.protocolError);
    } else if (this.isAnswered || this.isTooLarge) {
      connection.release(this);
    } else if (!this.incoming.push(source, start, end)) {
      this.isTooLarge = true;
      this.incoming.drop();
      connection.release(this);
      this.giveUp('too large');
    }
  }

  public onEnd(): void {
    if (this.contentLength >= 0 && this.bodyBytes !== this.contentLength) {
      this.host.connection.blame(this, ErrorCode.protocolError);
    } else {
      this.complete();
    }
  }

  public onReset(): void {
    this.incoming.drop();
    this.giveUp('aborted');
    this.isAnswered = true;
    this.tally.end();
  }

  public onShed(): void {
    this.door.answers.refuse(this, NO_MEMORY);
  }

  private giveUp(why: NoBody): void {
    const { take } = this;
    this.take = undefined;
    take?.(why);
  }

  private complete(): void {
    const { host, take } = this;
    if (take === undefined || this.isAnswered) return;
    this.take = undefined;
    const body = this.incoming.end();
    host.connection.release(this);
    this.isUnderWay = true;
    host.underWay++;
    take(body);
  }

  private blockOf(
    status: number, headers: Readonly<Record<string, string>>, length: number,
  ): Uint8Array {
    const date = dateOf(this.door.clock.now());
    const isUsual = status === 200 && this.told === undefined;
    const key = isUsual ? `${date} ${length} ${headers['content-type']}` : '';
    if (isUsual && key === usual.key) return usual.block;
    const told = new Map(this.told);
    for (const [name, value] of Object.entries(headers)) told.set(name, [value]);
    if (status !== NO_CONTENT) told.set('content-length', [String(length)]);
    if (!told.has('date')) told.set('date', [date]);
    const fields: [string, string][] = [[':status', String(status)]];
    for (const [name, values] of told) {
      if (isOfConnections(name)) continue;
      for (const value of values) fields.push([name, value]);
    }
    const block = plainBlock(fields);
    if (isUsual) usual = { key, block };
    return block;
  }
}

/** The headers of the last answer of the usual kind: most are all alike. */
let usual: { readonly key: string; readonly block: Uint8Array } = { key: '', block: NOTHING };

let today = { second: -1, text: '' };

/** A moment as HTTP writes it. */
function dateOf(now: number): string {
  const second = Math.floor(now / 1000);
  if (second !== today.second) today = { second, text: new Date(now).toUTCString() };
  return today.text;
}
