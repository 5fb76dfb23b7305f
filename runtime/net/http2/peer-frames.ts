/** What the frames of a peer do, and what is wrong with them (RFC 9113, sections 5 and 6). */
import { Allowance } from './allowance';
import type { ConnectionOptions, ConnectionOwner, Http2Connection } from './connection';
import type { FrameTaker } from './frame-reader';
import {
  ConnectionError, ErrorCode, Flag, FrameType, readUint31, readUint32,
} from './frames';
import { HpackDecoder } from './hpack-decoder';
import { readSettings, SETTING_BYTES } from './settings';
import { FieldList, type Http2Stream } from './stream';

/** Most fields of one list of headers. */
const MOST_FIELDS = 256;
/** Most settings in one frame; there are six. */
const MOST_SETTINGS = 64;
/** What a peer may do without purpose at once, and then in each second; others do it rarely. */
const BURST = 1000;
const PER_SECOND = 33;
const PRIORITY_BYTES = 5;

/** Takes the frames of one peer. */
export class PeerFrames implements FrameTaker {
  /** Whether the peer has told its settings. */
  public isSettled = false;
  /** The highest stream that the peer has begun. */
  public lastPeerStream = 0;
  private readonly decoder: HpackDecoder;
  private readonly fields = new FieldList();
  /** Streams that came to nothing, by the peer's wish or its mistake. */
  private readonly resets: Allowance;
  /** Frames that ask for work and bring nothing. */
  private readonly idleFrames: Allowance;
  /** Resets of streams that had ended; servers may send one for each that they answered early. */
  private lateResets = 0;
  private unacknowledged = 1;
  /** The stream of the DATA frame that is being read; undefined when nobody wants it. */
  private dataOf?: Http2Stream;
  private dataLength = 0;

  public constructor(
    private readonly connection: Http2Connection,
    private readonly options: ConnectionOptions,
    private readonly owner: ConnectionOwner,
  ) {
    const { clock, settings } = options;
    this.decoder = new HpackDecoder({
      maxTableBytes: settings.headerTableSize,
      maxListBytes: settings.maxHeaderListSize,
      maxFields: MOST_FIELDS,
    });
    this.resets = new Allowance(clock, BURST, PER_SECOND);
    this.idleFrames = new Allowance(clock, BURST, PER_SECOND);
  }

  public dataBegins(streamId: number, length: number, dataLength: number): void {
    this.mustBeSettled();
    const { connection } = this;
    connection.window.take(length);
    const stream = connection.streams.get(streamId);
    this.dataOf = stream;
    this.dataLength = dataLength;
    if (stream === undefined) {
      this.strayData(streamId);
    } else if (stream.isPeerDone) {
      this.resetStream(stream, ErrorCode.streamClosed);
    } else {
      stream.receiveWindow -= length;
      if (stream.receiveWindow < 0) this.resetStream(stream, ErrorCode.flowControlError);
    }
  }

  public data(source: Uint8Array, start: number, end: number): void {
    const stream = this.dataOf;
    if (stream === undefined || stream.isClosed || stream.isPeerDone) return;
    const { window } = this.connection;
    window.hold(stream, end - start);
    stream.onData(source, start, end);
    if (window.isOver && !stream.isClosed) stream.onShed();
  }

  public dataEnds(isEndStream: boolean): void {
    const stream = this.dataOf;
    this.dataOf = undefined;
    if (this.dataLength === 0 && !isEndStream) this.idleFrame('empty DATA');
    if (stream === undefined || stream.isClosed) return;
    if (isEndStream) this.peerDone(stream); else this.connection.replenish(stream);
  }

  public headers(
    streamId: number, isEndStream: boolean, dependsOn: number,
    block: Uint8Array, start: number, end: number,
  ): void {
    this.mustBeSettled();
    const { connection, decoder, fields } = this;
    const stream = connection.streams.get(streamId);
    if (stream === undefined) this.checkNewStream(streamId);
    fields.clear();
    const isWhole = decoder.decode(block, start, end, fields.add);
    if (stream !== undefined) {
      this.laterHeaders(stream, isEndStream, isWhole);
      return;
    }
    // Of a stream that we have given up, only the table of the headers is of use.
    if (!connection.isIdle(streamId)) return;
    this.lastPeerStream = streamId;
    const code = dependsOn === streamId
      ? ErrorCode.protocolError : this.owner.opened(streamId, fields, isEndStream, isWhole);
    if (code !== ErrorCode.noError) this.refuse(streamId, code);
  }

  public control(
    type: number, flags: number, streamId: number,
    payload: Uint8Array, start: number, end: number,
  ): void {
    if (type === FrameType.settings) {
      this.settings((flags & Flag.ack) !== 0, payload, start, end);
      return;
    }
    this.mustBeSettled();
    switch (type) {
      case FrameType.priority: this.priority(streamId, payload, start, end); break;
      case FrameType.rstStream: this.resetByPeer(streamId, readUint32(payload, start)); break;
      case FrameType.ping: this.ping((flags & Flag.ack) !== 0, payload, start, end); break;
      case FrameType.goaway:
        this.owner.leaving(readUint31(payload, start), readUint32(payload, start + 4));
        break;
      case FrameType.windowUpdate: this.windowUpdate(streamId, readUint31(payload, start)); break;
      default: throw protocolError('a peer must not push', `a frame of type ${type}`);
    }
  }

  /** Ends a stream because of a mistake of the peer, who must not make too many of them. */
  public resetStream(stream: Http2Stream, code: number): void {
    this.countReset();
    this.connection.reset(stream, code);
    stream.onReset(code);
  }

  /** Ends a stream that was not taken in, because of a mistake of the peer. */
  public refuse(streamId: number, code: number): void {
    this.countReset();
    this.connection.refuse(streamId, code);
  }

  private peerDone(stream: Http2Stream): void {
    stream.isPeerDone = true;
    stream.onEnd();
    if (stream.isDone && !stream.isClosed) this.connection.remove(stream, 'ended');
  }

  private strayData(streamId: number): void {
    if (this.connection.isIdle(streamId)) throw idleStream('DATA', streamId);
    const ending = this.connection.closed.endingOf(streamId);
    // The peer could not know yet that we had ended it.
    if (ending === 'reset by us') return;
    // A client may have given up more streams at once than are remembered.
    if (!this.options.isServer && ending === 'unknown') return;
    this.refuse(streamId, ErrorCode.streamClosed);
  }

  private checkNewStream(streamId: number): void {
    const { isServer } = this.options;
    if ((streamId % 2 === 1) !== isServer) {
      if (isServer || this.connection.isIdle(streamId)) throw idleStream('HEADERS', streamId);
      return;
    }
    if (!isServer) throw protocolError('a server must not begin streams', `stream ${streamId}`);
    if (streamId > this.lastPeerStream) return;
    const ending = this.connection.closed.endingOf(streamId);
    if (ending === 'reset by us') return;
    const code = ending === 'unknown' ? ErrorCode.protocolError : ErrorCode.streamClosed;
    throw new ConnectionError(code, `HEADERS: must be of a new stream, got ${streamId}`);
  }

  private laterHeaders(stream: Http2Stream, isEndStream: boolean, isWhole: boolean): void {
    if (stream.isPeerDone) {
      this.resetStream(stream, ErrorCode.streamClosed);
    } else if (this.options.isServer && !isEndStream) {
      this.resetStream(stream, ErrorCode.protocolError);
    } else if (!isWhole) {
      this.resetStream(stream, ErrorCode.enhanceYourCalm);
    } else {
      stream.onHeaders(this.fields, isEndStream);
      if (isEndStream && !stream.isClosed) this.peerDone(stream);
    }
  }

  private settings(isAck: boolean, payload: Uint8Array, start: number, end: number): void {
    if (isAck) {
      this.mustBeSettled();
      if (this.unacknowledged-- <= 0) this.idleFrame('SETTINGS with ACK');
      else this.decoder.setMaxTableBytes(this.options.settings.headerTableSize);
      return;
    }
    if (end - start > MOST_SETTINGS * SETTING_BYTES) throw tooMuch('settings');
    if (this.isSettled) this.idleFrame('SETTINGS');
    const { peer, sender, streams } = this.connection;
    const window = peer.initialWindowSize;
    readSettings(peer, payload, start, end, !this.options.isServer);
    this.isSettled = true;
    sender.maxFrameBytes = peer.maxFrameSize;
    // Before what it lets go: the peer counts on the new windows from this on.
    this.connection.frame(FrameType.settings, Flag.ack, 0, payload.subarray(0, 0));
    if (peer.initialWindowSize !== window) {
      for (const stream of streams.values()) {
        if (!sender.creditStream(stream, peer.initialWindowSize - window)) {
          throw windowTooLarge();
        }
      }
    }
    this.owner.settled();
  }

  private priority(streamId: number, payload: Uint8Array, start: number, end: number): void {
    const isRight = end - start === PRIORITY_BYTES;
    if (isRight && readUint31(payload, start) !== streamId) return;
    const code = isRight ? ErrorCode.protocolError : ErrorCode.frameSizeError;
    const stream = this.connection.streams.get(streamId);
    if (stream !== undefined) this.resetStream(stream, code);
    else if (this.connection.isIdle(streamId)) throw idleStream('a wrong PRIORITY', streamId, code);
    else this.refuse(streamId, code);
  }

  private resetByPeer(streamId: number, code: number): void {
    const stream = this.connection.streams.get(streamId);
    if (stream === undefined) {
      if (this.connection.isIdle(streamId)) throw idleStream('RST_STREAM', streamId);
      if (this.options.isServer || ++this.lateResets > this.connection.streamsBegun) {
        this.idleFrame('RST_STREAM');
      }
      return;
    }
    if (this.options.isServer) this.countReset();
    this.connection.remove(stream, 'reset by the peer');
    stream.onReset(code);
  }

  private ping(isAck: boolean, payload: Uint8Array, start: number, end: number): void {
    if (isAck) {
      this.owner.answered(readUint32(payload, start));
      return;
    }
    this.connection.frame(FrameType.ping, Flag.ack, 0, payload.subarray(start, end));
    this.owner.pinged();
  }

  private windowUpdate(streamId: number, increment: number): void {
    const { sender, streams } = this.connection;
    if (streamId === 0) {
      if (increment === 0) throw protocolError('a window must grow', 'an increment of 0');
      if (!sender.credit(increment)) throw windowTooLarge();
      return;
    }
    const stream = streams.get(streamId);
    if (stream === undefined) {
      if (this.connection.isIdle(streamId)) throw idleStream('WINDOW_UPDATE', streamId);
    } else if (increment === 0) {
      this.resetStream(stream, ErrorCode.protocolError);
    } else if (!sender.creditStream(stream, increment)) {
      this.resetStream(stream, ErrorCode.flowControlError);
    }
  }

  private countReset(): void {
    if (!this.resets.take()) throw tooMuch('streams that come to nothing');
  }

  private idleFrame(what: string): void {
    if (!this.idleFrames.take()) throw tooMuch(what);
  }

  private mustBeSettled(): void {
    if (!this.isSettled) throw protocolError('the first must be SETTINGS', 'another');
  }
}

function protocolError(must: string, got: string): ConnectionError {
  return new ConnectionError(ErrorCode.protocolError, `frame: ${must}, got ${got}`);
}

function idleStream(
  what: string, streamId: number, code: number = ErrorCode.protocolError,
): ConnectionError {
  return new ConnectionError(code, `${what}: must be of a stream that was begun, got ${streamId}`);
}

function windowTooLarge(): ConnectionError {
  return new ConnectionError(ErrorCode.flowControlError,
    'WINDOW_UPDATE: must keep windows below 2^31, got more');
}

function tooMuch(what: string): ConnectionError {
  return new ConnectionError(ErrorCode.enhanceYourCalm, `${what}: must be few, got too many`);
}
