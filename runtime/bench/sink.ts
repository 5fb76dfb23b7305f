/**
 * A backend that counts: raw HTTP/2, one answer for every message, spans counted over the bytes.
 * Prints its port, and one JSON line of counts for every line that it reads.
 */
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { SpanIndex } from '../otlp/span-index';

const PREFIX_BYTES = 5;
const EMPTY_ANSWER = Buffer.alloc(PREFIX_BYTES);
const index = new SpanIndex();
let spans = 0;
let requests = 0;

function answer(stream: http2.ServerHttp2Stream, chunks: readonly Buffer[]): void {
  const message = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  index.read(message.subarray(PREFIX_BYTES));
  spans += index.spanCount;
  requests += 1;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(EMPTY_ANSWER);
}

const server = http2.createServer({
  settings: { initialWindowSize: 2 ** 24, maxFrameSize: 2 ** 20 },
});
server.on('session', (session) => session.setLocalWindowSize(2 ** 26));
server.on('stream', (stream) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => answer(stream, chunks));
  stream.on('error', () => undefined);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
createInterface({ input: process.stdin })
  .on('line', () => console.log(JSON.stringify({ spans, requests })))
  .on('close', () => process.exit(0));
