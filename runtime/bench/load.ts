/**
 * A closed loop of OTLP/gRPC requests: `connections` × `in flight` at any time, trace ids fresh in
 * every request. Words: PORT SPANS_PER_REQUEST CONNECTIONS IN_FLIGHT SECONDS.
 * Prints one JSON line of counts every second, and one at the end.
 */
import * as http2 from 'node:http2';
import { benchRequest } from './request';
import { SpanIndex } from '../otlp/span-index';

const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const PREFIX_BYTES = 5;
const SPANS_PER_TRACE = 5;
const [port, size, connections, inFlight, seconds] = process.argv.slice(2).map(Number);

const request = benchRequest(size);
const index = new SpanIndex();
index.read(request);
const message = Buffer.alloc(PREFIX_BYTES + request.length);
message.writeUInt32BE(request.length, 1);
message.set(request, PREFIX_BYTES);
const idAt = Array.from(index.traceIdAt.subarray(0, index.spanCount), (at) => at + PREFIX_BYTES);

let trace = process.pid * 0x10000;
let sent = 0;
let accepted = 0;
let refused = 0;

/** A copy of the message in which every run of spans belongs to a trace that nobody saw. */
function freshMessage(): Buffer {
  const copy = Buffer.from(message);
  idAt.forEach((at, span) => {
    if (span % SPANS_PER_TRACE === 0) trace += 1;
    copy.writeUInt32BE(Math.imul(trace, 0x9e3779b1) >>> 0, at + 12);
    copy.writeUInt32BE(trace >>> 0, at);
  });
  return copy;
}

const end = performance.now() + seconds * 1000;
const sessions = Array.from({ length: connections }, () => {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', (error) => { console.error(error.message); process.exit(1); });
  return session;
});

function sendOne(session: http2.ClientHttp2Session): Promise<void> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', 'te': 'trailers',
    });
    let status: unknown;
    stream.on('response', (headers) => { status = headers['grpc-status'] ?? status; });
    stream.on('trailers', (headers) => { status = headers['grpc-status']; });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      if (status === '0') accepted += size;
      else refused += size;
      resolve();
    });
    stream.resume();
    sent += size;
    stream.end(freshMessage());
  });
}

async function loop(session: http2.ClientHttp2Session): Promise<void> {
  while (performance.now() < end) await sendOne(session);
}

const report = (): void => { console.log(JSON.stringify({ sent, accepted, refused })); };
setInterval(report, 1000);
void Promise.all(sessions.flatMap((session) =>
  Array.from({ length: inFlight }, () => loop(session)))).then(() => {
  report();
  process.exit(0);
});
