/** How long one connection to a gRPC server is kept, as the settings of keepalive say. */
import type { ServerHttp2Session } from 'http2';
import type { Clock, Timer } from '../clock';
import type { GrpcServerSettings } from '../config';
import { PingEnforcement } from './ping-enforcement';

const USUAL_TIMEOUT_MS = 20_000;
/** Who is asked more often than that has no time for anything else; grpc-go's limit, too. */
const LEAST_TIME_MS = 1_000;
/** Ages differ by up to a tenth, so that a fleet of clients does not reconnect at once. */
const AGE_JITTER = 0.1;
const ENHANCE_YOUR_CALM = 11;
const TOO_MANY_PINGS = Buffer.from('too_many_pings');

/** What is done to a connection. */
export interface Ends {
  /** Ends it in good order; what is under way may take `graceMs`, for ever when that is 0. */
  readonly retire: (graceMs: number) => void;
  /** Ends it now. */
  readonly cut: () => void;
  /** Ends it when what was written has been sent. */
  readonly dismiss: () => void;
}

/** Keeps one connection. */
export class ConnectionKeeper {
  private readonly enforcement: PingEnforcement;
  private readonly timers: (Timer | undefined)[];
  private idle?: Timer;
  private answer?: Timer;
  private calls = 0;

  public constructor(
    private readonly session: ServerHttp2Session,
    private readonly settings: GrpcServerSettings['keepalive'],
    private readonly clock: Clock,
    private readonly ends: Ends,
  ) {
    const { maxConnectionAge, maxConnectionAgeGrace, time } = settings.serverParameters;
    this.enforcement = new PingEnforcement(settings.enforcementPolicy);
    const age = maxConnectionAge * (1 + AGE_JITTER * (2 * Math.random() - 1));
    this.timers = [
      maxConnectionAge > 0
        ? clock.after(age, () => ends.retire(maxConnectionAgeGrace)) : undefined,
      time > 0 ? clock.every(Math.max(time, LEAST_TIME_MS), () => this.ask()) : undefined,
    ];
    session.on('ping', () => this.pinged());
    session.once('close', () => this.stop());
    this.wait();
  }

  /** Notes that a call has begun. */
  public began(): void {
    this.calls++;
    this.idle?.cancel();
    this.idle = undefined;
  }

  /** Notes that the answer to a call is on its way. */
  public answered(): void {
    this.enforcement.sent();
  }

  /** Notes that a call has ended. */
  public ended(): void {
    this.calls--;
    if (this.calls === 0) this.wait();
  }

  private wait(): void {
    const { maxConnectionIdle } = this.settings.serverParameters;
    if (maxConnectionIdle === 0 || this.session.closed) return;
    this.idle = this.clock.after(maxConnectionIdle, () => this.ends.retire(0));
  }

  /** Asks for a sign of life, unless one is waited for already. */
  private ask(): void {
    if (this.session.destroyed || this.answer !== undefined) return;
    const { timeout } = this.settings.serverParameters;
    this.answer = this.clock.after(timeout || USUAL_TIMEOUT_MS, () => this.ends.cut());
    this.session.ping(() => {
      this.answer?.cancel();
      this.answer = undefined;
    });
  }

  private pinged(): void {
    if (!this.enforcement.isTooMany(this.clock.monotonic(), this.calls)) return;
    this.session.goaway(ENHANCE_YOUR_CALM, 0, TOO_MANY_PINGS);
    this.ends.dismiss();
  }

  private stop(): void {
    for (const timer of [...this.timers, this.idle, this.answer]) timer?.cancel();
  }
}
