/** One unary gRPC call as a server of our own HTTP/2 sees it. */
import type { ClientMetadata } from '../../pipeline/client-metadata';
import type { ToldGrpcCall } from '../../telemetry/calls';
import { messageBlocks } from '../../wire/block-pool';
import { askToLetIn } from '../authentication';
import {
  decompressMessage, protocolError, unknownMethod, type Door, type EarlyRefusal,
} from '../grpc-rules';
import { messagePrefix, PREFIX } from '../message-assembler';
import { grpcMetadata } from '../request-metadata';
import { Code, type Status } from '../status';
import type { OnMessage } from '../transport';
import { isShort, OK_BLOCK, OK_TRAILERS, refusalBlock, writeAnswer } from './answer-blocks';
import { ErrorCode } from './frames';
import { parseGrpcTimeout } from './grpc-timeout';
import type { Promises } from '../incoming-block';
import { IncomingMessage } from './incoming-message';
import { areTrailers, headersOf, type RequestHead } from './request-head';
import { blockFor, ServerStream, type StreamHost } from './server-stream';
import type { FieldList } from './stream';

/** Who is let in, who takes the messages, and what goes with them. */
export interface CallDoor extends Door {
  /** Whether the headers of a call go along with its message. */
  readonly keepsMetadata: boolean;
  /** Memory that may be set aside. */
  readonly promises: Promises;
}

const NOTHING = new Uint8Array(0);
const CANCELLED = 1;
const TOO_SLOW: Status = { code: Code.deadlineExceeded, message: 'context deadline exceeded' };
/** Whoever waits no longer sends the same again: it would be taken twice. */
const STOOD_STILL: Status = {
  code: Code.unavailable, message: 'the process stood still for longer than the caller waits',
};
const NO_MEMORY: Status = {
  code: Code.unavailable, message: 'the memory for messages that are on their way in is used up',
};
const BAD_REQUEST = 400;
const HEADERS_TOO_LARGE = 431;
/** A call, from its headers to its answer. */
export class ServerCall extends ServerStream {
  private readonly message: IncomingMessage;
  private onMessage?: OnMessage;
  private metadata?: ClientMetadata;
  private encoding = '';
  private contentLength = -1;
  private bodyBytes = 0;
  private isLetIn = false;
  /** The answer of a request that is none of gRPC, once it has ended: it may be wrong otherwise. */
  private misfit?: EarlyRefusal;
  private isAnswered = false;
  private told?: ToldGrpcCall;

  public constructor(
    id: number, look: number, private readonly host: StreamHost, private readonly door: CallDoor,
  ) {
    super(id, look);
    this.message = new IncomingMessage(door.maxBytes, door.promises);
  }

  public begin(head: RequestHead, fields: FieldList, isWhole: boolean, now: number): void {
    const { door } = this;
    if (!isWhole) {
      const message = 'grpc: received headers larger than max';
      this.refuse({ code: Code.resourceExhausted, message }, HEADERS_TOO_LARGE);
      return;
    }
    this.contentLength = head.contentLength;
    const onMessage = door.routes.get(head.path);
    this.told = door.calls?.grpcServer({
      path: head.path,
      isTaken: onMessage !== undefined,
      local: door.local,
      headers: () => fields.flat(),
    });
    const refusal = protocolError(head.method, head.type, head.encoding);
    if (refusal !== undefined) {
      if (refusal.http === 200) this.refuse(refusal.status); else this.misfit = refusal;
      if (this.isPeerDone) this.onEnd();
      return;
    }
    if (head.timeout !== undefined && !this.takeTimeout(head.timeout, now)) return;
    this.onMessage = onMessage;
    if (onMessage === undefined) {
      this.refuse(unknownMethod(head.path, door.routes));
      return;
    }
    if (door.keepsMetadata) this.metadata = grpcMetadata(fields.flat());
    this.encoding = head.encoding ?? '';
    if (door.authenticator === undefined) this.letIn(); else this.ask(fields);
  }

  public expire(): void {
    this.refuse(TOO_SLOW);
  }

  public onHeaders(fields: FieldList): void {
    if (!areTrailers(fields)) this.host.connection.blame(this, ErrorCode.protocolError);
  }

  public onData(source: Uint8Array, start: number, end: number): void {
    this.bodyBytes += end - start;
    if (this.contentLength >= 0 && this.bodyBytes > this.contentLength) {
      this.host.connection.blame(this, ErrorCode.protocolError);
      return;
    }
    if (this.misfit !== undefined) {
      this.host.connection.release(this);
      return;
    }
    const failure = this.message.push(source, start, end);
    if (failure !== undefined) this.refuse(failure);
  }

  public onEnd(): void {
    if (this.contentLength >= 0 && this.bodyBytes !== this.contentLength) {
      this.host.connection.blame(this, ErrorCode.protocolError);
    } else if (this.misfit !== undefined) {
      const { misfit } = this;
      setImmediate(() => this.turnAway(misfit));
    } else if (this.isLetIn) {
      this.complete();
    }
  }

  public onReset(): void {
    if (!this.isAnswered) this.told?.end(CANCELLED);
    this.isAnswered = true;
    this.message.drop();
  }

  public onShed(): void {
    this.refuse(NO_MEMORY);
  }

  private takeTimeout(text: string, now: number): boolean {
    const timeout = parseGrpcTimeout(text);
    if (typeof timeout === 'number') {
      const stoodStill = this.host.stoodStill(now);
      if (stoodStill > 0 && timeout <= stoodStill) {
        this.refuse(STOOD_STILL);
        return false;
      }
      this.deadline = now + timeout;
      return true;
    }
    const message = `malformed grpc-timeout: ${timeout}`;
    this.refuse({ code: Code.internal, message }, BAD_REQUEST);
    return false;
  }

  private ask(fields: FieldList): void {
    const { authenticator, refused } = this.door;
    askToLetIn(authenticator, headersOf(fields, true), (refusal) => {
      if (refusal === undefined) {
        this.letIn();
        return;
      }
      refused(refusal);
      this.refuse(refusal);
    });
  }

  private letIn(): void {
    this.isLetIn = true;
    if (this.isPeerDone && !this.isClosed) this.complete();
  }

  private complete(): void {
    const { message } = this;
    const failure = message.end();
    if (failure !== undefined) {
      this.refuse(failure);
    } else if (message.flag === 0) {
      this.deliver(message.block, message.length);
    } else {
      const { maxBytes } = this.door;
      const packed = message.block.subarray(0, message.length);
      const inflated = decompressMessage(packed, this.encoding, maxBytes);
      messageBlocks.give(packed);
      if (!(inflated instanceof Uint8Array)) this.refuse(inflated);
      else this.deliver(inflated, inflated.length);
    }
  }

  private deliver(arena: Uint8Array, length: number): void {
    const { host, message, onMessage } = this;
    host.connection.release(this);
    message.drop();
    host.underWay++;
    onMessage?.(arena, 0, length, 'proto', (status, body = NOTHING) => {
      this.respond(status, body);
    }, this.metadata, this.told?.place);
  }

  private respond(status: Status, body: Uint8Array): void {
    if (this.isAnswered && this.isClosed) this.host.underWay--;
    if (this.isAnswered) return;
    this.host.underWay--;
    if (status.code === Code.ok) this.accept(body); else this.refuse(status);
  }

  private accept(body: Uint8Array): void {
    const { host } = this;
    const { connection } = host;
    const { sender } = connection;
    const length = PREFIX + body.length;
    this.isAnswered = true;
    this.told?.end(Code.ok);
    host.spoke();
    if (!host.isFirstAnswer && isShort(body) && sender.canSend(this, length)) {
      sender.spend(this, length);
      writeAnswer(connection.outbox, this.id, body);
      connection.finished(this);
      return;
    }
    sender.headers(this.id, this.blockOf(OK_BLOCK), false);
    sender.send(this, {
      chunks: [messagePrefix(body.length, false), body],
      index: 0,
      offset: 0,
      left: length,
      trailers: OK_TRAILERS,
    });
  }

  private refuse(status: Status, http = 200): void {
    if (this.isAnswered || this.isClosed) return;
    this.isAnswered = true;
    this.told?.end(status.code, status.message);
    const { connection } = this.host;
    this.host.spoke();
    this.message.drop();
    connection.release(this);
    connection.sender.headers(this.id, this.blockOf(refusalBlock(status, http)), true);
    connection.finished(this);
    // Whatever else the client sends of this call is not waited for.
    if (!this.isPeerDone) connection.reset(this, ErrorCode.noError);
  }

  /** Who does not speak gRPC may be a person, and is told in a text, too. */
  private turnAway({ http, status }: EarlyRefusal): void {
    if (this.isAnswered || this.isClosed) return;
    this.isAnswered = true;
    this.told?.end(status.code, status.message);
    const { sender } = this.host.connection;
    const text = Buffer.from(`${status.message}\n`);
    sender.headers(this.id, this.blockOf(refusalBlock(status, http, 'text/plain')), false);
    sender.send(this, { chunks: [text], index: 0, offset: 0, left: text.length });
  }

  private blockOf(block: Uint8Array): Uint8Array {
    return blockFor(this.host, block);
  }
}
