/**
 * How long calls of servers and clients take, as upstream's instrumentation of gRPC and HTTP says
 * it. Only the level `detailed` shows this, so whoever serves or sends asks once whether there is
 * somebody to tell, and below that level does nothing for it.
 */
import type { Clock } from '../clock';
import { PLAIN_SIZES } from './metric-boundaries';
import type { Attributes, Histogram, HistogramInstrument, Metrics } from './metrics';
import { codeName } from '../net/status';

/** Tells that a gRPC call has ended, with its status code. */
export type EndGrpcCall = (code: number) => void;

/** Tells that an HTTP request has ended: its status, and bytes of both bodies as sent. */
export type EndHttpCall = (status: number, requestBytes: number, responseBytes: number) => void;

/** An HTTP request as a server or client sees it. */
export interface HttpCall {
  /** Its method. Those that HTTP does not know are told apart no further. */
  readonly method: string;
  /** `http` or `https`. */
  readonly scheme: string;
  /** Address of the server: of the socket that was connected to, never what a peer claims. */
  readonly address: string;
  /** Its port. */
  readonly port: number;
  /** Path that takes requests, as configured; nothing for paths that nobody takes. */
  readonly route?: string;
  /**
   * The version of HTTP.
   * @default "1.1"
   */
  readonly version?: '1.1' | '2';
}

/** Who is told of calls. Each begins with one of these and ends with what that returns. */
export interface Calls {
  /** A call came in for `path`, which is `_OTHER` when nobody takes it. */
  grpcServer(path: string): EndGrpcCall;
  /** A call goes to `path` of a peer. */
  grpcClient(path: string, address: string, port: number): EndGrpcCall;
  /** A request came in. */
  httpServer(call: HttpCall): EndHttpCall;
  /** A request goes out. */
  httpClient(call: HttpCall): EndHttpCall;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const METHODS = new Set([
  'CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE',
]);

function rpc(side: 'server' | 'client', what: string): HistogramInstrument {
  return {
    name: `rpc.${side}.call.duration`,
    description: `Measures the duration of an ${what} Remote Procedure Call (RPC).`,
    unit: 's',
    boundaries: SECONDS,
  };
}

function bodySize(side: 'server' | 'client', body: 'request' | 'response'): HistogramInstrument {
  return {
    name: `http.${side}.${body}.body.size`,
    description: `Size of HTTP ${side} ${body} bodies.`,
    unit: 'By',
    boundaries: PLAIN_SIZES,
  };
}

function httpDuration(side: 'server' | 'client'): HistogramInstrument {
  return {
    name: `http.${side}.request.duration`,
    description: `Duration of HTTP ${side} requests.`,
    unit: 's',
    boundaries: SECONDS,
  };
}

const RPC_SERVER = rpc('server', 'incoming');
const RPC_CLIENT = rpc('client', 'outgoing');
const HTTP_SERVER = {
  duration: httpDuration('server'),
  request: bodySize('server', 'request'),
  response: bodySize('server', 'response'),
};
const HTTP_CLIENT = {
  duration: httpDuration('client'), request: bodySize('client', 'request'),
};

/** Counts calls in `metrics`. */
export function createCalls(metrics: Metrics, clock: Clock): Calls {
  const grpc = (
    instrument: HistogramInstrument, path: string, peer: Attributes,
  ): EndGrpcCall => {
    const began = clock.monotonic();
    return (code) => metrics.histogram(instrument, {
      'rpc.method': path.startsWith('/') ? path.slice(1) : path,
      'rpc.response.status_code': canonical(code),
      'rpc.system.name': 'grpc',
      ...peer,
    }).record(seconds(clock, began));
  };
  const http = (
    instruments: typeof HTTP_CLIENT & Partial<typeof HTTP_SERVER>, call: HttpCall,
  ): EndHttpCall => {
    const began = clock.monotonic();
    return (status, requestBytes, responseBytes) => {
      const attributes = httpAttributes(call, status);
      const at = (instrument: HistogramInstrument): Histogram =>
        metrics.histogram(instrument, attributes);
      at(instruments.duration).record(seconds(clock, began));
      at(instruments.request).record(requestBytes);
      if (instruments.response !== undefined) at(instruments.response).record(responseBytes);
    };
  };
  return {
    grpcServer: (path) => grpc(RPC_SERVER, path, {}),
    grpcClient: (path, address, port) => grpc(
      RPC_CLIENT, path, { 'server.address': address, 'server.port': String(port) }),
    httpServer: (call) => http(HTTP_SERVER, call),
    httpClient: (call) => http(HTTP_CLIENT, call),
  };
}

function httpAttributes(call: HttpCall, status: number): Attributes {
  const { address, method, port, route, scheme, version = '1.1' } = call;
  return {
    'http.request.method': METHODS.has(method) ? method : '_OTHER',
    'http.response.status_code': String(status),
    ...route !== undefined && { 'http.route': route },
    'network.protocol.name': 'http',
    'network.protocol.version': version,
    'server.address': address,
    'server.port': String(port),
    'url.scheme': scheme,
  };
}

function seconds(clock: Clock, began: number): number {
  return (clock.monotonic() - began) / 1e3;
}

/** `DeadlineExceeded` → `DEADLINE_EXCEEDED`, and the one that is spelled otherwise. */
function canonical(code: number): string {
  const name = codeName(code);
  if (name === 'Canceled') return 'CANCELLED';
  return name === 'OK' ? name : name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
