/** One unary gRPC call as a client of our own HTTP/2 sees it. */
import { answerOf, CUT_OFF, httpFailure, NO_TRAILERS, toldStatus } from '../grpc-answer';
import {
  MAX_ANSWER_BYTES, type BegunCall, type CallEnd, type OutgoingCall,
} from '../grpc-session';
import { Code, OK, type Status } from '../status';
import {
  ClientStream, cutOff, mistake, resetMessage, type ClientStreamHost,
} from './client-stream';
import { ErrorCode } from './frames';
import { IncomingMessage } from './incoming-message';
import type { FieldList } from './stream';
import { messageBlocks } from '../../wire/block-pool';

const NOTHING: Uint8Array = new Uint8Array(0);
/** What gRPC makes of a reset; after the others, the call may be tried again. */
const CODE_OF_RESET: ReadonlyMap<number, number> = new Map<number, number>([
  [ErrorCode.cancel, Code.cancelled],
  [ErrorCode.enhanceYourCalm, Code.resourceExhausted],
  [ErrorCode.inadequateSecurity, Code.permissionDenied],
]);
const NO_MEMORY: Status = {
  code: Code.unavailable, message: 'the memory for answers that are on their way in is used up',
};

/** A call, from its headers to its answer. */
export class ClientCall extends ClientStream implements BegunCall {
  private readonly message: IncomingMessage;
  /** Status of HTTP; 0 before the answer's headers are here. */
  private http = 0;
  private encoding = '';
  private told?: Status;
  private isOver = false;

  public constructor(
    id: number, host: ClientStreamHost, private readonly call: OutgoingCall,
  ) {
    super(id, host);
    this.message = new IncomingMessage(MAX_ANSWER_BYTES, host.promises);
  }

  public cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.message.drop();
    this.keepUnwritten();
    this.host.connection.reset(this, ErrorCode.cancel);
  }

  /** Ends it as one that the peer has not looked at. */
  public giveBack(): void {
    this.host.connection.remove(this, 'reset by us');
    this.finish('returned', NOTHING);
  }

  public onHeaders(fields: FieldList, isEndStream: boolean): void {
    if (this.http === 0) this.takeHead(fields, isEndStream);
    else if (isEndStream) this.takeStatus(fields);
    else this.host.connection.blame(this, ErrorCode.protocolError);
  }

  public onData(source: Uint8Array, start: number, end: number): void {
    if (this.http === 0) {
      this.host.connection.blame(this, ErrorCode.protocolError);
      return;
    }
    // The text that goes along with a failure of HTTP is none of gRPC.
    if (this.isOver || httpFailure(this.http) !== undefined) {
      this.host.connection.release(this);
      return;
    }
    const failure = this.message.push(source, start, end);
    if (failure !== undefined) this.giveUp(failure);
  }

  public onEnd(): void {
    if (this.isOver) return;
    const { told } = this;
    // A server that ends its side without a word is about to reset it.
    if (this.http === 0) this.finish(CUT_OFF, NOTHING);
    else if (told === undefined) this.finish(httpFailure(this.http) ?? NO_TRAILERS, NOTHING);
    else if (told.code === Code.ok) this.succeed();
    else this.finish(told, NOTHING);
    // What is left of the request is of no use to a peer that has answered.
    if (!this.isDone) this.host.connection.reset(this, ErrorCode.cancel);
  }

  public onReset(code: number): void {
    if (this.isOver) return;
    const { told } = this;
    const { closed, isOver } = this.host.connection;
    const isByPeer = closed.endingOf(this.id) === 'reset by the peer';
    if (told !== undefined && told.code !== Code.ok) {
      this.finish(told, NOTHING);
    } else if (isOver) {
      this.finish(cutOff(this.host.failure), NOTHING);
    } else if (isByPeer && code === ErrorCode.refusedStream && this.http === 0) {
      this.finish('returned', NOTHING);
    } else if (isByPeer) {
      const failure = this.http === 0 ? undefined : httpFailure(this.http);
      this.finish(failure ?? resetStatus(code), NOTHING);
    } else {
      this.finish(mistake(code), NOTHING);
    }
  }

  public onShed(): void {
    this.giveUp(NO_MEMORY);
  }

  private takeHead(fields: FieldList, isEndStream: boolean): void {
    const http = this.finalStatus(fields, isEndStream);
    if (http === undefined) return;
    this.http = http;
    const at = fields.names.indexOf('grpc-encoding');
    if (at > 0) this.encoding = fields.values[at];
    this.takeStatus(fields);
  }

  private takeStatus({ names, values }: FieldList): void {
    const at = names.indexOf('grpc-status');
    if (at < 0) return;
    if (values[at] === '0') {
      this.told = OK;
      return;
    }
    const message = names.indexOf('grpc-message');
    const details = names.indexOf('grpc-status-details-bin');
    this.told = toldStatus(values[at], message < 0 ? '' : values[message],
      details < 0 ? undefined : values[details]);
  }

  private succeed(): void {
    const { message } = this;
    const answer = message.end()
      ?? answerOf(message.block.subarray(0, message.length), message.flag, this.encoding);
    if (answer instanceof Uint8Array) this.finish(OK, answer); else this.finish(answer, NOTHING);
  }

  private giveUp(status: Status): void {
    if (this.isOver) return;
    this.host.connection.reset(this, ErrorCode.cancel);
    this.finish(status, NOTHING);
  }

  private finish(end: CallEnd, answer: Uint8Array): void {
    if (this.isOver) return;
    this.isOver = true;
    this.message.drop();
    this.host.connection.release(this);
    this.keepUnwritten();
    this.call.answered(end, answer);
  }

  /** Whoever sent the message may be done with it, but not the socket. */
  private keepUnwritten(): void {
    if (this.host.connection.outbox.hasWritten(this.endsAt)) return;
    for (const chunk of this.call.chunks) messageBlocks.keep(chunk);
  }
}

function resetStatus(code: number): Status {
  return {
    code: CODE_OF_RESET.get(code) ?? Code.unavailable,
    message: resetMessage(code),
  };
}
