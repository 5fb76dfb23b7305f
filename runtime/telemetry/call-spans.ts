/** Spans of the calls of servers and clients, as upstream's instrumentation makes them. */
import {
  canonical, isMethod, methodOf, type Calls, type GrpcServerCall, type HttpCall,
  type HttpRequestSeen, type SocketEnd, type ToldGrpcCall, type ToldHttpCall,
} from './calls';
import type { OwnSpan, Spans, SpanStart, SpanValue } from './spans';
import { Code } from '../net/status';

type SpanAttributes = Record<string, SpanValue>;

const INSTRUMENTATION = 'go.opentelemetry.io/contrib/instrumentation';
const GRPC = `${INSTRUMENTATION}/google.golang.org/grpc/otelgrpc`;
const HTTP = `${INSTRUMENTATION}/net/http/otelhttp`;
const DATA_LOSS = 15;
/** What a server is to blame for; anything else may be the mistake of its client. */
const FAILURES_OF_SERVERS: ReadonlySet<number> = new Set([
  Code.unknown, Code.deadlineExceeded, Code.unimplemented, Code.internal, Code.unavailable,
  DATA_LOSS,
]);
const FIRST_REFUSAL = 400;
const FIRST_FAILURE = 500;

/** Makes a span of each call. */
export function spanCalls(spans: Spans): Calls {
  const client = (start: SpanStart): [OwnSpan, Pick<ToldGrpcCall, 'place' | 'headers'>] => {
    const span = spans.begin(start);
    return [span, { place: span.place, headers: spans.headersOf(span.place) }];
  };
  return {
    grpcServer: (call) => grpcServer(spans, call),
    grpcClient: (path, _endpoint, parent) => {
      const [span, told] = client({ ...grpcStart(path), kind: 'client', parent });
      return { ...told, end: (code, message, peer) => endGrpc(span, code, message, peer) };
    },
    httpServer: (call, request) => httpServer(spans, call, request),
    httpClient: (call, url, parent) => {
      const [span, told] = client({
        scope: HTTP,
        name: `HTTP ${call.method}`,
        kind: 'client',
        attributes: clientAttributes(call, url),
        parent,
      });
      return {
        ...told,
        end: (status, _requestBytes, _responseBytes, failure) => {
          const isRefused = status >= FIRST_REFUSAL;
          span.end({
            ...status > 0 && { 'http.response.status_code': status },
            ...isRefused && { 'error.type': String(status) },
            ...failure !== undefined && { 'error.type': failure.type },
          }, failure?.message ?? (isRefused ? '' : undefined));
        },
      };
    },
  };
}

/** Tells both of every call; what `spans` says of a call is what is known of its span. */
export function callsOf(metrics: Calls | undefined, spans: Calls | undefined): Calls | undefined {
  if (metrics === undefined || spans === undefined) return metrics ?? spans;
  return {
    grpcServer: (...call) => joined(metrics.grpcServer(...call), spans.grpcServer(...call)),
    grpcClient: (...call) => joined(metrics.grpcClient(...call), spans.grpcClient(...call)),
    httpServer: (...call) => joined(metrics.httpServer(...call), spans.httpServer(...call)),
    httpClient: (...call) => joined(metrics.httpClient(...call), spans.httpClient(...call)),
  };
}

function joined<E extends readonly unknown[], T extends { end(...given: E): void }>(
  counted: { end(...given: E): void }, traced: T,
): T {
  return {
    ...traced,
    end: (...given: E) => {
      counted.end(...given);
      traced.end(...given);
    },
  };
}

function grpcServer(spans: Spans, call: GrpcServerCall): ToldGrpcCall {
  const { local, path } = call;
  const span = spans.begin({
    ...grpcStart(path), kind: 'server', parent: spans.parentOf(call.headers()),
  });
  return {
    place: span.place,
    end: (code, message = '') => endGrpc(
      span, code, FAILURES_OF_SERVERS.has(code) ? message : undefined, local),
  };
}

function grpcStart(path: string): SpanStart {
  const name = methodOf(path);
  const attributes = { 'rpc.method': name, 'rpc.system.name': 'grpc' };
  return { scope: GRPC, name, attributes };
}

function endGrpc(
  span: OwnSpan, code: number, message: string | undefined, end: SocketEnd | undefined,
): void {
  span.end({
    ...end !== undefined && end.address !== '' && {
      'server.address': end.address, ...end.port > 0 && { 'server.port': end.port },
    },
    'rpc.response.status_code': canonical(code),
  }, code === Code.ok ? undefined : message);
}

function httpServer(spans: Spans, call: HttpCall, request: HttpRequestSeen): ToldHttpCall {
  const method = call.method.toUpperCase();
  const shown = isMethod(method) ? method : 'HTTP';
  const span = spans.begin({
    scope: HTTP,
    name: call.route === undefined ? shown : `${shown} ${call.route}`,
    kind: 'server',
    attributes: serverAttributes(call, request),
    parent: spans.parentOf(request.rawHeaders),
  });
  return {
    place: span.place,
    end: (status, requestBytes, responseBytes) => span.end({
      ...requestBytes > 0 && { 'http.request.body.size': requestBytes },
      ...responseBytes > 0 && { 'http.response.body.size': responseBytes },
      'http.response.status_code': status,
    }, status >= FIRST_FAILURE ? '' : undefined),
  };
}

/** What is known of a request at its beginning. Upstream believes what clients claim here. */
function serverAttributes(call: HttpCall, request: HttpRequestSeen): SpanAttributes {
  const { headers, peer, peerPort, target } = request;
  const agent = textOf(headers['user-agent']);
  const client = textOf(headers['x-forwarded-for']).split(',')[0] || peer;
  const path = target.split('?')[0];
  return {
    ...hostAttributes(textOf(headers.host), call.scheme),
    ...methodAttributes(call.method),
    'url.scheme': call.scheme,
    ...peer !== '' && { 'network.peer.address': peer, 'network.peer.port': peerPort },
    ...agent !== '' && { 'user_agent.original': agent },
    ...client !== '' && { 'client.address': client },
    ...path !== '' && { 'url.path': path },
    'network.protocol.version': call.version ?? '1.1',
  };
}

function clientAttributes(call: HttpCall, url: URL): SpanAttributes {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return {
    ...methodAttributes(call.method),
    'url.full': shown.href,
    ...hostAttributes(url.host, call.scheme),
    'network.protocol.version': call.version ?? '1.1',
  };
}

function methodAttributes(method: string): SpanAttributes {
  const known = method.toUpperCase();
  return {
    'http.request.method': isMethod(known) ? known : '_OTHER',
    ...known !== method || !isMethod(known) ? { 'http.request.method_original': method } : {},
  };
}

/** A host as a client names it, without the port that its scheme has anyway. */
function hostAttributes(host: string, scheme: string): SpanAttributes {
  const [, bare = host, port = ''] = /^(.*?)(?::(\d{1,5}))?$/.exec(host) ?? [];
  const usual = scheme === 'https' ? '443' : '80';
  return {
    'server.address': bare.replace(/^\[|\]$/g, ''),
    ...port !== '' && port !== usual && { 'server.port': Number(port) },
  };
}

function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === 'string' ? header : header?.[0] ?? '';
}
