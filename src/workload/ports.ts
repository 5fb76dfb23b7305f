/** The ports of a collector's pod, by the names under which everything else refers to them. */

import type { PartPort } from '../features/part';

/** OTLP over gRPC. */
export const GRPC_PORT_NAME = 'otlp-grpc';
/** OTLP over HTTP. */
export const HTTP_PORT_NAME = 'otlp-http';
/** The collector's own metrics. */
export const METRICS_PORT_NAME = 'metrics';
/** Answers probes. */
export const HEALTH_PORT_NAME = 'health';

/** Pods of one tier call each other there. */
export const PEERS_PORT_NAME = 'peers';

/** A port beside those of OTLP, and the port of the node that leads to it. */
export interface ListenedPort extends PartPort {
  /** On agents: port of the node that leads to it. */
  readonly hostPort?: number;
}

/** Numbers of the ports. */
export interface PodPorts {
  /** OTLP over gRPC; absent when it is not taken in. */
  readonly grpc?: number;
  /** OTLP over HTTP; absent when it is not taken in. */
  readonly http?: number;
  /** The collector's own metrics. */
  readonly metrics: number;
  /** Answers probes. */
  readonly health: number;
  /** Pods of the tier call each other; absent when they do not. */
  readonly peers?: number;
  /** Whether OTLP is taken in by TLS. */
  readonly isEncrypted?: boolean;
  /** Whether OTLP is taken in at addresses of both families. */
  readonly isDualStack?: boolean;
  /** What else is listened on. */
  readonly others: readonly ListenedPort[];
}

/** Numbers that everybody expects. */
export const STANDARD_PORTS = { grpc: 4317, http: 4318, metrics: 8888, health: 13133 };

/** Whether it is the number of a port. */
export function isPort(port: unknown): boolean {
  return Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535;
}
