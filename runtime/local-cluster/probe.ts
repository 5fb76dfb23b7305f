/** Asks a container whether it is well, as the kubelet does. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Clock, Timer } from '../clock';
import { portOnHost } from './address-plan';
import type { Container, Probe } from './kubernetes';

/** What a probe is for. */
export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** How often a container that has not answered yet is asked: the machine is not a busy cluster. */
const FAST_PERIOD_MS = 100;

/** Asks once. Probes that run programs or speak gRPC are answered by an open port, or by yes. */
export function askProbe(
  probe: Probe, container: Container, address: string, timeoutMs: number,
): Promise<boolean> {
  const target = probe.httpGet ?? probe.tcpSocket ?? probe.grpc;
  if (target === undefined) return Promise.resolve(true);
  const port = portOnHost(portNumber(target.port, container));
  if (probe.httpGet === undefined) return askTcp(address, port, timeoutMs);
  return askHttp(probe.httpGet, address, port, timeoutMs);
}

/** The number of a port that may be given by its name in `container`. */
export function portNumber(port: string | number, container: Container): number {
  const named = (container.ports ?? []).find((each) => each.name === port);
  return named?.containerPort ?? Number(port);
}

type HttpGet = NonNullable<Probe['httpGet']>;

function askHttp(
  get: HttpGet, address: string, port: number, timeoutMs: number,
): Promise<boolean> {
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) =>
    [name, value]));
  const options = {
    host: address,
    port,
    path: get.path ?? '/',
    headers,
    agent: false,
    rejectUnauthorized: false,
    timeout: timeoutMs,
  };
  return new Promise((resolve) => {
    const request = get.scheme === 'HTTPS' ? httpsRequest(options) : httpRequest(options);
    request.on('response', (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve(statusCode >= 200 && statusCode < 400);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
    request.end();
  });
}

function askTcp(address: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: timeoutMs }, () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(false));
  });
}

/** Asks again and again, and tells when the answer has changed often enough to count. */
export class ProbeLoop {
  private timer: Timer | undefined;
  private stopped = false;
  private healthy: boolean | undefined;
  private streak = 0;
  private lastCounted = -Infinity;

  /**
   * `ask` asks once; `changed` is told when the probe's verdict turns, and at the first one.
   * Before the first success it asks fast, but failures count as seldom as the manifest says.
   */
  public constructor(
    private readonly kind: ProbeKind,
    private readonly probe: Probe,
    private readonly clock: Clock,
    private readonly ask: () => Promise<boolean>,
    private readonly changed: (healthy: boolean) => void,
  ) {}

  /** Begins to ask. */
  public start(): void {
    const delay = this.kind === 'liveness' ? (this.probe.initialDelaySeconds ?? 0) * 1000 : 0;
    this.schedule(delay);
  }

  /** Stops asking. */
  public stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private get periodMs(): number {
    return (this.probe.periodSeconds ?? 10) * 1000;
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = this.clock.after(delayMs, () => {
      void this.ask().then((success) => this.take(success));
    });
  }

  private take(success: boolean): void {
    if (this.stopped) return;
    const waiting = this.kind !== 'liveness' && this.healthy !== true;
    this.count(success);
    this.schedule(waiting && !success ? Math.min(FAST_PERIOD_MS, this.periodMs) : this.periodMs);
  }

  private count(success: boolean): void {
    if (success) {
      this.streak = this.streak > 0 ? this.streak + 1 : 1;
    } else {
      if (this.clock.monotonic() - this.lastCounted < this.periodMs * 0.9) return;
      this.streak = this.streak < 0 ? this.streak - 1 : -1;
      this.lastCounted = this.clock.monotonic();
    }
    const turned = success
      ? this.streak >= (this.probe.successThreshold ?? 1)
      : -this.streak >= (this.probe.failureThreshold ?? 3);
    if (!turned || this.healthy === success) return;
    this.healthy = success;
    this.changed(success);
  }
}
