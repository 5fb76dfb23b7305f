/** How long connections live, and how often either side asks for a sign of life. */
import type { Clock, Timer } from '../clock';
import type { GrpcServerSettings } from '../config';
import { PingEnforcement } from './ping-enforcement';

/** Settings of a server, in milliseconds, as gRPC has them. */
export interface Keepalive {
  /** A connection without requests for so long is ended; 0 is never. */
  readonly maxConnectionIdle: number;
  /** A connection of this age is ended; 0 is never. */
  readonly maxConnectionAge: number;
  /** What requests then still have; 0 is without limit. */
  readonly maxConnectionAgeGrace: number;
  /** A client that has said nothing for so long is asked for a sign of life. */
  readonly time: number;
  /** A client that was asked and says nothing for so long is cut. */
  readonly timeout: number;
  /** How often clients may ask for one; as often as they like without. */
  readonly enforcementPolicy?: GrpcServerSettings['keepalive']['enforcementPolicy'];
}

/** What keepalive looks at and acts upon. */
export interface KeptConnection {
  /** Number of its requests. */
  readonly openCalls: number;
  /** When something was read of it last. */
  readonly lastReadAt: number;
  /** Asks the client for a sign of life. */
  ask(): void;
  /** Cuts it. */
  cut(): void;
  /** Ends it after its requests; those have `graceMs`, 0 is without limit. */
  retire(graceMs: number): void;
}

/** Ages differ by up to a tenth, so that a fleet of clients does not reconnect at once. */
const AGE_JITTER = 0.1;

/** What gRPC takes where the settings say nothing. */
const TIME_MS = 2 * 60 * 60 * 1000;
const LEAST_TIME_MS = 1000;
const TIMEOUT_MS = 20_000;

/** Keepalive as the settings of a gRPC server say it, and gRPC where they say nothing. */
export function keepaliveOf({ keepalive }: GrpcServerSettings): Keepalive {
  const { enforcementPolicy, serverParameters } = keepalive;
  return {
    ...serverParameters,
    time: Math.max(LEAST_TIME_MS, serverParameters.time || TIME_MS),
    timeout: serverParameters.timeout || TIMEOUT_MS,
    enforcementPolicy,
  };
}

/** Watches over one connection. */
export class ConnectionWatch {
  private readonly timers = new Map<'idle' | 'age' | 'time' | 'timeout', Timer>();
  private isStopped = false;
  private readonly enforcement?: PingEnforcement;

  public constructor(
    private readonly keepalive: Keepalive, private readonly connection: KeptConnection,
    private readonly clock: Clock,
  ) {
    const { enforcementPolicy, maxConnectionAge, maxConnectionAgeGrace, time } = keepalive;
    if (enforcementPolicy !== undefined) {
      this.enforcement = new PingEnforcement(enforcementPolicy);
    }
    if (maxConnectionAge > 0) {
      const age = maxConnectionAge * (1 + AGE_JITTER * (2 * Math.random() - 1));
      this.arm('age', age, () => connection.retire(maxConnectionAgeGrace));
    }
    this.armTime(time);
    this.idle();
  }

  /** Told that the connection has no requests. */
  public idle(): void {
    const { maxConnectionIdle } = this.keepalive;
    if (maxConnectionIdle <= 0 || this.isStopped) return;
    this.arm('idle', maxConnectionIdle, () => this.connection.retire(0));
  }

  /** Told that it has some. */
  public busy(): void {
    if (this.keepalive.maxConnectionIdle > 0) this.disarm('idle');
  }

  /** Told that something was sent that a client waits for. */
  public answered(): void {
    this.enforcement?.sent();
  }

  /** Told that the client asked for a sign of life; whether it does so too often. */
  public isTooOften(): boolean {
    const { clock, connection, enforcement } = this;
    return enforcement?.isTooMany(clock.monotonic(), connection.openCalls) ?? false;
  }

  /** Ends all of it. */
  public stop(): void {
    this.isStopped = true;
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }

  private armTime(ms: number): void {
    this.arm('time', ms, () => {
      const { connection, keepalive } = this;
      const silent = this.clock.monotonic() - connection.lastReadAt;
      if (silent < keepalive.time) {
        this.armTime(keepalive.time - silent);
        return;
      }
      const askedAt = this.clock.monotonic();
      connection.ask();
      this.arm('timeout', keepalive.timeout, () => {
        if (connection.lastReadAt < askedAt) connection.cut(); else this.armTime(keepalive.time);
      });
    });
  }

  private arm(name: 'idle' | 'age' | 'time' | 'timeout', ms: number, task: () => void): void {
    this.disarm(name);
    this.timers.set(name, this.clock.after(ms, task));
  }

  private disarm(name: 'idle' | 'age' | 'time' | 'timeout'): void {
    this.timers.get(name)?.cancel();
    this.timers.delete(name);
  }
}
