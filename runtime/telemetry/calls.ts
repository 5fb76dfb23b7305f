/**
 * Calls of servers and clients: how long they take, as upstream's instrumentation of gRPC and HTTP
 * counts it at the level `detailed`, and the spans that it makes of them (call-spans.ts). Whoever
 * serves or sends asks once whether there is somebody to tell, and otherwise does nothing for it.
 */
import type { Clock } from '../clock';
import { PLAIN_SIZES } from './metric-boundaries';
import type { Attributes, Histogram, HistogramInstrument, Metrics } from './metrics';
import type { SpanHeaders, SpanPlace } from './spans';
import { codeName } from '../net/status';

/** An end of a connection. */
export interface SocketEnd {
  /** IP address; of a socket that is a file, nothing. */
  readonly address: string;
  /** Port. */
  readonly port: number;
}

/** What a call begins with. */
interface Told {
  /** The span that is made of it, if one is. */
  readonly place?: SpanPlace;
  /** Headers that tell a peer of that span. */
  readonly headers?: SpanHeaders;
}

/** A gRPC call that has begun. */
export interface ToldGrpcCall extends Told {
  /** It has ended, with this status code; a client says whom it was connected to. */
  end(code: number, message?: string, peer?: SocketEnd): void;
}

/** An HTTP request that has begun. */
export interface ToldHttpCall extends Told {
  /**
   * It has ended: its status, and bytes of both bodies as sent. Without an answer the status is 0,
   * and `failure` says why.
   */
  end(
    status: number, requestBytes: number, responseBytes: number, failure?: HttpFailure): void;
}

/** Why there is no answer. */
export interface HttpFailure {
  /** One of few names: a code of Node.js, or `timeout`. */
  readonly type: string;
  /** A sentence. */
  readonly message: string;
}

/** A gRPC call as a server sees it. */
export interface GrpcServerCall {
  /** Its path. */
  readonly path: string;
  /** Whether somebody takes it. */
  readonly isTaken: boolean;
  /** This end of the connection. */
  readonly local?: SocketEnd;
  /** Its headers: name, value, name, value and so on. */
  headers(): readonly string[];
}

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
  readonly version?: '1.1' | '2.0';
}

/** What a client says in a request. */
export interface HttpRequestSeen {
  /** Path and query. */
  readonly target: string;
  /** Its headers, by names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The headers as they came, where somebody wants them. */
  readonly rawHeaders: readonly string[];
  /** Address of the client. */
  readonly peer: string;
  /** Its port. */
  readonly peerPort: number;
}

/** Who is told of calls. Each begins with one of these and ends with what that returns. */
export interface Calls {
  /** A call came in. */
  grpcServer(call: GrpcServerCall): ToldGrpcCall;
  /** A call goes to `path` of a peer, below the span `parent`. */
  grpcClient(path: string, peer: SocketEnd, parent?: SpanPlace): ToldGrpcCall;
  /** A request came in. */
  httpServer(call: HttpCall, request: HttpRequestSeen): ToldHttpCall;
  /** A request goes to `url`, below the span `parent`. */
  httpClient(call: HttpCall, url: URL, parent?: SpanPlace): ToldHttpCall;
}

/** What paths that nobody takes are called, so that no peer can name metrics. */
const OTHER_PATH = '_OTHER';
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const METHODS: ReadonlySet<string> = new Set([
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
  ): ToldGrpcCall => {
    const began = clock.monotonic();
    return {
      end: (code) => metrics.histogram(instrument, {
        'rpc.method': methodOf(path),
        'rpc.response.status_code': canonical(code),
        'rpc.system.name': 'grpc',
        ...peer,
      }).record(seconds(clock, began)),
    };
  };
  const http = (
    instruments: typeof HTTP_CLIENT & Partial<typeof HTTP_SERVER>, call: HttpCall,
  ): ToldHttpCall => {
    const began = clock.monotonic();
    return {
      end: (status, requestBytes, responseBytes, failure) => {
        const attributes = httpAttributes(call, status, failure);
        const at = (instrument: HistogramInstrument): Histogram =>
          metrics.histogram(instrument, attributes);
        at(instruments.duration).record(seconds(clock, began));
        at(instruments.request).record(requestBytes);
        if (instruments.response !== undefined) at(instruments.response).record(responseBytes);
      },
    };
  };
  return {
    grpcServer: ({ isTaken, path }) => grpc(RPC_SERVER, isTaken ? path : OTHER_PATH, {}),
    grpcClient: (path, { address, port }) => grpc(
      RPC_CLIENT, path, { 'server.address': address, 'server.port': String(port) }),
    httpServer: (call) => http(HTTP_SERVER, call),
    httpClient: (call) => http(HTTP_CLIENT, call),
  };
}

/** The method that a path of gRPC names. */
export function methodOf(path: string): string {
  return path.startsWith('/') ? path.slice(1) : path;
}

/** Whether HTTP knows the method. */
export function isMethod(method: string): boolean {
  return METHODS.has(method);
}

function httpAttributes(
  call: HttpCall, status: number, failure: HttpFailure | undefined,
): Attributes {
  const { address, method, port, route, scheme, version = '1.1' } = call;
  return {
    'http.request.method': isMethod(method) ? method : '_OTHER',
    ...status > 0 && { 'http.response.status_code': String(status) },
    ...failure !== undefined && { 'error.type': failure.type },
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
export function canonical(code: number): string {
  const name = codeName(code);
  if (name === 'Canceled') return 'CANCELLED';
  return name === 'OK' ? name : name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}
