/** How often clients may ask for a sign of life: the rules of grpc-go, which upstream obeys. */
import type { GrpcServerSettings } from '../config';

type EnforcementPolicy = GrpcServerSettings['keepalive']['enforcementPolicy'];

const USUAL_MIN_TIME_MS = 5 * 60_000;
/** How often a client without requests may ask, unless the policy permits it to. */
const WITHOUT_STREAM_MS = 2 * 60 * 60_000;
/** Pings that came too early and are forgiven. */
const MOST_STRIKES = 2;

/** Counts the pings of one connection. */
export class PingEnforcement {
  private strikes = 0;
  private lastPingAt = -Infinity;
  private isForgiven = false;

  public constructor(private readonly policy: EnforcementPolicy) {}

  /** Notes that the server has sent headers or data, after which one ping is always right. */
  public sent(): void {
    this.isForgiven = true;
  }

  /** Notes a ping at `now`, in milliseconds; whether the connection must end because of it. */
  public isTooMany(now: number, openStreams: number): boolean {
    const pause = now - this.lastPingAt;
    this.lastPingAt = now;
    if (this.isForgiven) {
      this.isForgiven = false;
      this.strikes = 0;
      return false;
    }
    const { minTime, permitWithoutStream } = this.policy;
    const least = openStreams === 0 && !permitWithoutStream
      ? WITHOUT_STREAM_MS : minTime || USUAL_MIN_TIME_MS;
    if (pause < least) this.strikes++;
    return this.strikes > MOST_STRIKES;
  }
}
