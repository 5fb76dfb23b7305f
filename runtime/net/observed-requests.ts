/** Tells of the requests of an HTTP server, where somebody wants to know. */
import type { IncomingMessage, ServerResponse } from 'http';
import type { TLSSocket } from 'tls';
import type { NoBody } from './http-body';
import type { Routes } from './transport';
import type { Calls } from '../telemetry/calls';

interface Sizes {
  request: number;
  response: number;
}

const observed = new WeakMap<ServerResponse, Sizes>();

/** Tells `calls` of this request when its answer is sent, or its client is gone. */
export function observe(
  request: IncomingMessage, response: ServerResponse, routes: Routes, calls: Calls,
): void {
  const sizes: Sizes = { request: 0, response: 0 };
  observed.set(response, sizes);
  const { socket } = request;
  const path = (request.url ?? '').split('?')[0];
  const ended = calls.httpServer({
    method: request.method ?? '',
    scheme: (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http',
    address: socket.localAddress ?? '',
    port: socket.localPort ?? 0,
    ...routes.has(path) && { route: path },
  });
  response.once('close', () => ended(response.statusCode, sizes.request, sizes.response));
}

/** The whole body of a request has arrived. */
export function tookBody(response: ServerResponse, body: Uint8Array | NoBody): void {
  const sizes = observed.get(response);
  if (sizes !== undefined && typeof body !== 'string') sizes.request = body.length;
}

/** An answer has a body of this many bytes. */
export function sentBytes(response: ServerResponse, length: number): void {
  const sizes = observed.get(response);
  if (sizes !== undefined) sizes.response = length;
}
