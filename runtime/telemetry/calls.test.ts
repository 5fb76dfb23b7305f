import { createCalls } from './calls';
import { PrometheusMetrics } from './prometheus-metrics';
import { FakeClock } from '../testing/fake-clock';

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

function calls() {
  const clock = new FakeClock();
  const metrics = new PrometheusMetrics({ level: 'detailed' });
  return { clock, metrics, told: createCalls(metrics, clock) };
}

describe('calls', () => {
  it.each([
    [0, 'OK'], [1, 'CANCELLED'], [4, 'DEADLINE_EXCEEDED'], [8, 'RESOURCE_EXHAUSTED'],
    [14, 'UNAVAILABLE'],
  ])('over gRPC that end with code %i are counted as %s', (code, name) => {
    const { metrics, told } = calls();
    told.grpcServer({ path: EXPORT, isTaken: true, headers: () => [] }).end(code);
    expect(metrics.value('rpc.server.call.duration', {
      'rpc.method': EXPORT.slice(1), 'rpc.response.status_code': name, 'rpc.system.name': 'grpc',
    })).toBe(1);
  });

  it('are measured in seconds from beginning to end', async () => {
    const { clock, metrics, told } = calls();
    const call = told.grpcClient(EXPORT, { address: 'h', port: 4317 });
    await clock.advance(250);
    call.end(0);
    expect(await metrics.text()).toMatch(/^rpc_client_call_duration_sum\{.*\} 0\.25$/m);
  });

  it('over HTTP tell unknown methods apart no further, and no path that nobody takes', async () => {
    const { metrics, told } = calls();
    const call = { method: 'BREW', scheme: 'http', address: 'h', port: 1 };
    const seen = { target: '/', headers: {}, rawHeaders: [], peer: '', peerPort: 0 };
    told.httpServer(call, seen).end(404, 3, 19);
    const text = await metrics.text();
    expect(text).toMatch(/^http_server_request_body_size_sum\{http_request_method="_OTHER",/m);
    expect(text).toMatch(/^http_server_response_body_size_sum\{.*\} 19$/m);
    expect(text).not.toContain('http_route');
  });

  it('over gRPC to paths that nobody takes are one', () => {
    const { metrics, told } = calls();
    for (const path of ['/a/B', '/c/D']) {
      told.grpcServer({ path, isTaken: false, headers: () => [] }).end(12);
    }
    expect(metrics.value('rpc.server.call.duration', {
      'rpc.method': '_OTHER',
      'rpc.response.status_code': 'UNIMPLEMENTED',
      'rpc.system.name': 'grpc',
    })).toBe(2);
  });

  it('over HTTP without an answer are counted by what went wrong', async () => {
    const { metrics, told } = calls();
    const url = new URL('http://h:1/v1/traces');
    const call = { method: 'POST', scheme: 'http', address: 'h', port: 1 };
    told.httpClient(call, url).end(0, 3, 0, { type: 'ECONNREFUSED', message: 'refused' });
    const text = await metrics.text();
    expect(text).toMatch(
      /^http_client_request_duration_count\{.*error_type="ECONNREFUSED".*\} 1$/m);
    expect(text).not.toContain('http_response_status_code');
  });
});
