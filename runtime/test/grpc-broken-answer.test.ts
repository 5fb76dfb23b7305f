/** An answer that breaks off before its trailers says nothing: the request is sent again. */
import * as http2 from 'http2';
import type { AddressInfo } from 'net';
import { HTTP2S, useHttp2 } from '../testing/component-context';
import { loopbackExporter } from '../testing/otlp-loopback';
import { samplePayload } from '../testing/sample-payload';

const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };
const { NGHTTP2_CANCEL } = http2.constants;

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

describe.each(HTTP2S)('over %s HTTP/2', (kind) => {
  beforeAll(() => useHttp2(kind));

  test.each<[string, (stream: http2.ServerHttp2Stream) => void]>([
    ['the connection', (stream) => stream.session?.destroy()],
    ['the stream', (stream) => stream.close(NGHTTP2_CANCEL)],
  ])('what is sent arrives although the peer cuts %s in its first answer', async (_name, cut) => {
    let requests = 0;
    const server = http2.createServer();
    const sessions = new Set<http2.ServerHttp2Session>();
    server.on('session', (session) => { sessions.add(session); });
    server.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.resume();
      stream.on('end', () => {
        requests++;
        stream.respond(HEADERS, { waitForTrailers: true });
        stream.on('wantTrailers', () => { stream.sendTrailers({ 'grpc-status': '0' }); });
        if (requests > 1) {
          stream.end(Buffer.alloc(5));
        } else {
          stream.write(Buffer.alloc(5));
          setTimeout(() => cut(stream), 150);
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => {
      for (const session of sessions) session.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;
    const { exporter, context } = loopbackExporter('otlp_grpc', {
      endpoint: `127.0.0.1:${port}`, compression: 'none', sending_queue: { enabled: false },
    });
    await exporter.start();
    ends.push(() => exporter.stop());
    await exporter.consume(samplePayload('traces', 3));
    expect([requests, context.metrics.value('otelcol_exporter_sent_spans')]).toEqual([2, 3]);
  });
});
