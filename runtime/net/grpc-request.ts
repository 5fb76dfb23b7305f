/** One unary gRPC request as a client sees it. */
import type { Clock, Timer } from '../clock';
import type { GrpcConnection } from './grpc-connection';
import type { BegunCall, CallEnd, CallHeaders, OutgoingCall } from './grpc-session';
import { afterDeadline } from './late-deadline';
import { Code, type Status } from './status';
import type { Done } from './transport';
import type { SocketEnd } from '../telemetry/calls';

const NOTHING = new Uint8Array(0);
const MAX_TIMEOUT_MS = 99_999_999;

/** What a request is made from. */
export interface GrpcRequestOptions {
  /** The headers that it has now, without the deadline. */
  readonly headers: () => CallHeaders;
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
export class GrpcRequest implements OutgoingCall {
  /** Whether `done` was told. */
  public isDone = false;
  /** How often the peer sent it back unread. */
  public returns = 0;
  public readonly chunks: readonly Uint8Array[];
  public readonly isCompressed: boolean;
  private readonly timer?: Timer;
  private readonly deadline: number;
  private call?: BegunCall;
  private connection?: GrpcConnection;

  public constructor(private readonly options: GrpcRequestOptions) {
    const { clock, timeoutMs } = options;
    this.chunks = options.chunks;
    this.isCompressed = options.isCompressed;
    this.deadline = clock.monotonic() + timeoutMs;
    if (timeoutMs > 0) {
      this.timer = clock.after(timeoutMs, () =>
        afterDeadline(clock, this.deadline, () => this.expire()));
    }
  }

  /** Sends it over `connection`; false when that has just ended. */
  public begin(connection: GrpcConnection): boolean {
    const call = connection.begin(this);
    if (call === undefined) return false;
    this.call = call;
    this.connection = connection;
    return true;
  }

  /** Ends it without an answer from the peer. */
  public fail(status: Status): void {
    this.call?.cancel();
    this.finish(status, NOTHING);
  }

  /** Whom it was sent to last, if to anybody. */
  public get peer(): SocketEnd | undefined {
    return this.connection?.peer;
  }

  public headers(): CallHeaders {
    return this.options.headers();
  }

  public timeLeft(): number | undefined {
    const { clock, timeoutMs } = this.options;
    if (timeoutMs <= 0) return undefined;
    return Math.min(MAX_TIMEOUT_MS, Math.max(1, Math.ceil(this.deadline - clock.monotonic())));
  }

  public answered(end: CallEnd, answer: Uint8Array): void {
    this.call = undefined;
    if (typeof end === 'object') {
      this.finish(end, answer);
    } else if (end === 'unsent' || this.returns++ === 0) {
      if (!this.isDone) this.options.again(this);
    } else {
      this.finish({ code: Code.unavailable, message: 'the peer takes no streams' }, NOTHING);
    }
  }

  private expire(): void {
    if (this.isDone) return;
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
