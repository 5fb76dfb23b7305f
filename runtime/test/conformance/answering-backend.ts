/** Backends that answer as the name of the span that they get says. */
import * as http from 'http';
import type { AddressInfo } from 'net';
import * as grpc from '@grpc/grpc-js';
import { encodeProto } from '../../testing/otlp-proto';
import { encodeForeignPartialSuccess, encodeForeignStatus } from '../../testing/rpc-status';

/**
 * What a span's name says: the status of HTTP, or the code of gRPC, and after how many seconds to
 * come back. `hang` gets no answer, and any other name is accepted.
 */
const WANTED_STATUS = /answer (\d{3})(?: retry (\d+))?/;
const WANTED_CODE = /answer (\d{1,2})\b(?: retry (\d+(?:\.\d+)?))?/;

/** A backend that listens. */
export interface AnsweringBackend {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** Ends it and every connection to it. */
  stop(): void;
}

/** A backend that speaks HTTP. */
export async function startHttpBackend(): Promise<AnsweringBackend> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answerHttp(Buffer.concat(chunks).toString('latin1'), response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answerHttp(body: string, response: http.ServerResponse): void {
  if (body.includes('hang')) return;
  const wanted = WANTED_STATUS.exec(body);
  if (wanted === null) {
    const isPartial = body.includes('partial');
    response.writeHead(200, { 'content-type': 'application/x-protobuf' });
    response.end(isPartial ? encodeForeignPartialSuccess(1, 'one was left out') : undefined);
    return;
  }
  const [, status, seconds] = wanted;
  response.writeHead(Number(status), {
    'content-type': 'application/x-protobuf', ...seconds && { 'retry-after': seconds },
  });
  const isTaken = status.startsWith('2') && !body.includes('with a status');
  response.end(isTaken ? undefined
    : encodeProto('RpcStatus', { code: 9, message: 'the backend says no' }));
}

/** A backend that speaks gRPC. */
export async function startGrpcBackend(): Promise<AnsweringBackend> {
  const server = new grpc.Server();
  const bytes = (value: Buffer): Buffer => value;
  server.addService({
    export: {
      path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  }, { export: answerGrpc });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return { port, stop: () => server.forceShutdown() };
}

const answerGrpc: grpc.handleUnaryCall<Buffer, Buffer> = (call, done) => {
  const wanted = WANTED_CODE.exec(call.request.toString('latin1'));
  if (wanted === null) {
    done(null, Buffer.alloc(0));
    return;
  }
  const [, code, seconds] = wanted;
  const metadata = new grpc.Metadata();
  if (seconds !== undefined) {
    const retryDelay = {
      seconds: Math.floor(Number(seconds)), nanos: Math.round(Number(seconds) % 1 * 1e9),
    };
    metadata.set('grpc-status-details-bin', encodeForeignStatus({
      code: Number(code), message: 'the backend says no', retryDelay,
    }));
  }
  done({ code: Number(code), details: 'the backend says no', metadata });
};
