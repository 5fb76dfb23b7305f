/** The sessions of a gRPC client over the HTTP/2 of Node.js. */
import * as http2 from 'http2';
import * as net from 'net';
import * as tls from 'tls';
import { messageOf } from '../errors';
import { endSoon } from './end-soon';
import { answerOf, CUT_OFF, httpFailure, NO_TRAILERS, toldStatus } from './grpc-answer';
import {
  ALPN, ANSWER_WINDOW, MAX_ANSWER_BYTES, type BegunCall, type CallEnd, type Dial, type GrpcSession,
  type OutgoingCall, type SessionEvents,
} from './grpc-session';
import { MessageAssembler, messagePrefix } from './message-assembler';
import { Code, OK, type Status } from './status';
import { messageBlocks } from '../wire/block-pool';

/** Megabytes; Node.js counts what waits to be sent, and then loses answers beyond its limit. */
const SESSION_MEMORY = 2 ** 20;
const NOTHING = new Uint8Array(0);
const REFUSED_STREAM = 7;
const CANCEL = 8;

/** Connects, to speak over the HTTP/2 of Node.js. */
export const dialNode: Dial = ({ authority, target, tls: secure }) => {
  const socket = secure === undefined
    ? net.connect(target) : tls.connect({ ...target, ALPNProtocols: ALPN, ...secure });
  return { socket, open: (events) => new NodeSession(socket, authority, events) };
};

class NodeSession implements GrpcSession {
  private readonly session: http2.ClientHttp2Session;
  /** Calls under way. */
  private calls = 0;

  public constructor(socket: net.Socket, authority: string, events: SessionEvents) {
    const session = http2.connect(`http://${authority}`, {
      createConnection: () => socket,
      maxSessionMemory: SESSION_MEMORY,
      settings: { enablePush: false, initialWindowSize: ANSWER_WINDOW },
    });
    this.session = session;
    // Node.js does not tell a session that its peer refused the handshake after all.
    socket.once('error', (error) => {
      session.destroy(error);
      socket.destroy();
    });
    // Before its settings are here, the peer may be anything that listens.
    session.once('remoteSettings', () => events.ready());
    session.on('goaway', () => {
      this.close();
      events.leaving();
    });
    session.on('error', (error: Error) => events.failed(error));
    session.on('close', () => events.closed());
  }

  public get isBusy(): boolean {
    return this.calls > 0;
  }

  public begin(call: OutgoingCall): BegunCall | undefined {
    const stream = this.open(call);
    if (stream === undefined) return undefined;
    this.calls++;
    stream.once('close', () => {
      if (--this.calls === 0 && this.session.closed) endSoon(this.session);
    });
    new GrpcAnswer(stream, (end, answer) => call.answered(end, answer));
    const { chunks, isCompressed } = call;
    stream.cork();
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    stream.write(messagePrefix(length, isCompressed));
    for (const chunk of chunks) {
      // When all of it has left Node.js is not known here.
      messageBlocks.keep(chunk);
      stream.write(chunk);
    }
    stream.end();
    return { cancel: () => { if (!stream.destroyed) stream.close(CANCEL); } };
  }

  public ping(answered: () => void): void {
    if (!this.session.destroyed) this.session.ping(answered);
  }

  public close(): void {
    this.session.close();
    if (this.calls === 0) endSoon(this.session);
  }

  public destroy(error?: Error): void {
    this.session.destroy(error);
  }

  private open(call: OutgoingCall): http2.ClientHttp2Stream | undefined {
    if (this.session.closed) return undefined;
    const { byName } = call.headers();
    const timeLeft = call.timeLeft();
    try {
      return this.session.request(
        timeLeft === undefined ? byName : { ...byName, 'grpc-timeout': `${timeLeft}m` });
    } catch {
      // The session ended between two events; the next connection takes the call.
      return undefined;
    }
  }
}

/** Reads one answer, and tells `done` once. */
class GrpcAnswer {
  private readonly assembler = new MessageAssembler(MAX_ANSWER_BYTES);
  private headers?: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader;
  private trailers?: http2.IncomingHttpHeaders;
  private failure?: Status;
  private isDone = false;

  public constructor(
    private readonly stream: http2.ClientHttp2Stream,
    private readonly done: (end: CallEnd, answer: Uint8Array) => void,
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
    return toldStatus(String(code), String(from['grpc-message'] ?? ''),
      typeof details === 'string' ? details : undefined);
  }

  private succeed(): void {
    const { assembler } = this;
    const failure = assembler.end();
    const answer = failure ?? answerOf(
      assembler.message(), assembler.flag, String(this.headers?.['grpc-encoding'] ?? ''));
    if (answer instanceof Uint8Array) this.done(OK, answer); else this.done(answer, NOTHING);
  }

  private unanswered(error: Error | undefined): Status {
    const failure = httpFailure(this.headers?.[':status']);
    if (failure !== undefined) return failure;
    if (error !== undefined) return { code: Code.unavailable, message: messageOf(error) };
    // A connection that breaks off in the middle of an answer resets its streams without an error.
    return this.headers === undefined || this.stream.rstCode !== 0 ? CUT_OFF : NO_TRAILERS;
  }
}
