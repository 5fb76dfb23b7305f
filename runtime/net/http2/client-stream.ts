/** A stream that a client began, whatever its answer means. */
import { CUT_OFF } from '../grpc-answer';
import type { Promises } from '../incoming-block';
import { Code, type Status } from '../status';
import type { Http2Connection } from './connection';
import { ErrorCode, errorName } from './frames';
import { Http2Stream, type FieldList } from './stream';

const FIRST_FINAL = 200;
/** Informational answers in front of the final one; more of them are of no use to anybody. */
const MOST_INFORMATIONAL = 16;

/** What the streams of one connection share. */
export interface ClientStreamHost {
  /** The connection. */
  readonly connection: Http2Connection;
  /** Memory that may be set aside. */
  readonly promises: Promises;
  /** Why the connection ended; nothing when it did so in peace. */
  readonly failure: string;
}

/** One of them. */
export abstract class ClientStream extends Http2Stream {
  private informational = 0;

  public constructor(id: number, protected readonly host: ClientStreamHost) {
    super(id);
  }

  /** Ends it as one that the peer has not looked at. */
  public abstract giveBack(): void;

  /** The status of the final answer; undefined when these are not its headers. */
  protected finalStatus({ names, values }: FieldList, isEndStream: boolean): number | undefined {
    const { connection } = this.host;
    const isRight = names[0] === ':status' && /^[1-9]\d\d$/.test(values[0]);
    const status = isRight ? Number(values[0]) : 0;
    if (status >= FIRST_FINAL) return status;
    const isWrong = status === 0 || isEndStream || ++this.informational > MOST_INFORMATIONAL;
    if (isWrong) connection.blame(this, ErrorCode.protocolError);
    return undefined;
  }
}

/** What is said of a stream whose connection was cut off. */
export function cutOff(failure: string): Status {
  return failure === '' ? CUT_OFF
    : { code: Code.unavailable, message: `${CUT_OFF.message}: ${failure}` };
}

/** What is said of a stream that the peer has reset. */
export function resetMessage(code: number): string {
  return `stream terminated by RST_STREAM with error code: ${errorName(code)}`;
}

/** What is said of a stream that we had to end. */
export function mistake(code: number): Status {
  return {
    code: Code.internal,
    message: code === ErrorCode.enhanceYourCalm ? 'peer header list size exceeded limit'
      : `the peer broke the rules of HTTP/2: ${errorName(code)}`,
  };
}
