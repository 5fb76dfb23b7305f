/** Which gRPC server is used. */
import type { GrpcServerSettings } from '../config';
import type { NetContext } from './authentication';
import { GrpcServer } from './grpc-server';
import { OwnGrpcServer } from './http2/grpc-server';
import type { MessageServer, Routes } from './transport';

/** Who may call a server. */
export interface GrpcCallers {
  /** Name that certificates of clients must hold; '' for any name. */
  readonly clientName: string;
}

/** A gRPC server for `routes`, over the HTTP/2 that `context` names. */
export function createGrpcServer(
  settings: GrpcServerSettings, routes: Routes, context: NetContext,
  callers: GrpcCallers = { clientName: '' },
): MessageServer {
  return context.http2 === 'node'
    ? new GrpcServer(settings, routes, context, callers)
    : new OwnGrpcServer(settings, routes, context, callers);
}
