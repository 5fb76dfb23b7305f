/** One connection of a gRPC client over our own HTTP/2. */
import { connect } from 'net';
import { connect as connectTls } from 'tls';
import {
  ALPN, type BegunCall, type CallHeaders, type Dial, type GrpcSession, type OutgoingCall,
} from '../grpc-session';
import { messagePrefix, PREFIX } from '../message-assembler';
import { Code } from '../status';
import { ClientCall } from './client-call';
import { ClientSession } from './client-session';
import { Flag, FRAME_HEADER, FrameType, writeFrameHeader } from './frames';
import { sharedReading, withOwnBuffers, type TakeBytes } from './socket-reader';

/** Headers up to this size are written in one piece with their frame's. */
const SHORT_BLOCK = 1024;
const NOTHING: Uint8Array = new Uint8Array(0);
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$|[^\0-\xff]/;
const DEADLINE = plainName('grpc-timeout');

/** Connects, to speak over our own HTTP/2. */
export const dialOwn: Dial = ({ clock, target, tls }) => {
  let session: GrpcClientSession | undefined;
  const take: TakeBytes = (source, start, end) => session?.connection.push(source, start, end);
  const onread = tls === undefined ? sharedReading(take) : undefined;
  const socket = tls === undefined
    ? connect({ ...target, noDelay: true, onread })
    : connectTls({ ...target, ALPNProtocols: ALPN, ...tls }).setNoDelay(true);
  return {
    socket,
    open: (events) => {
      session = new GrpcClientSession(socket, clock, events);
      if (onread === undefined) withOwnBuffers(socket, take);
      socket.resume();
      return session;
    },
  };
};

/** One connection. */
export class GrpcClientSession extends ClientSession<OutgoingCall> implements GrpcSession {
  /** Headers that were found to be right. */
  private checked?: CallHeaders;
  /** The deadline that was written last, in milliseconds, and its field. */
  private deadlineMs = -1;
  private deadline: Buffer = Buffer.alloc(0);

  /** Begins a call; undefined when no more can be begun here. */
  protected start(call: OutgoingCall): BegunCall | undefined {
    const { connection } = this;
    const headers = call.headers();
    if (headers !== this.checked) {
      const bad = headers.fields.find(([, value]) => BAD_VALUE.test(value));
      if (bad !== undefined) return refused(call, bad[0]);
      this.checked = headers;
    }
    const id = this.nextStreamId();
    if (id === undefined) return undefined;
    const stream = new ClientCall(id, this, call);
    connection.add(stream);
    this.writeHeaders(id, this.encoder.encode(headers.fields, headers.sensitive), call.timeLeft());
    let length = PREFIX;
    for (const chunk of call.chunks) length += chunk.length;
    connection.sender.send(stream, {
      chunks: [messagePrefix(length - PREFIX, call.isCompressed), ...call.chunks],
      index: 0,
      offset: 0,
      left: length,
    });
    return stream;
  }

  /** Deadlines differ from call to call; in no table, they leave the rest the same. */
  private writeHeaders(id: number, block: Uint8Array, timeLeft: number | undefined): void {
    const { outbox, sender } = this.connection;
    const deadline = timeLeft === undefined ? NOTHING : this.deadlineField(timeLeft);
    const length = block.length + deadline.length;
    if (length > SHORT_BLOCK) {
      sender.headers(id, Buffer.concat([block, deadline]), false);
      return;
    }
    const at = outbox.reserve(FRAME_HEADER + length);
    const to = outbox.block;
    writeFrameHeader(to, at, length, FrameType.headers, Flag.endHeaders, id);
    to.set(block, at + FRAME_HEADER);
    to.set(deadline, at + FRAME_HEADER + block.length);
  }

  private deadlineField(ms: number): Uint8Array {
    if (ms !== this.deadlineMs) {
      this.deadlineMs = ms;
      const value = Buffer.from(`${ms}m`, 'latin1');
      this.deadline = Buffer.concat([DEADLINE, Buffer.from([value.length]), value]);
    }
    return this.deadline;
  }
}

/** A call whose header cannot be sent to anybody. */
function refused(call: OutgoingCall, name: string): BegunCall {
  const message = `header ${name}: must be a line of Latin-1, got another value`;
  call.answered({ code: Code.internal, message }, NOTHING);
  return { cancel: () => undefined };
}

/** The beginning of a field that no table keeps, up to its value. */
function plainName(name: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name, 'latin1')]);
}
