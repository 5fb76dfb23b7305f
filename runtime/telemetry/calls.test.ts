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
    told.grpcServer(EXPORT)(code);
    expect(metrics.value('rpc.server.call.duration', {
      'rpc.method': EXPORT.slice(1), 'rpc.response.status_code': name, 'rpc.system.name': 'grpc',
    })).toBe(1);
  });

  it('are measured in seconds from beginning to end', async () => {
    const { clock, metrics, told } = calls();
    const end = told.grpcClient(EXPORT, 'h', 4317);
    await clock.advance(250);
    end(0);
    expect(await metrics.text()).toMatch(/^rpc_client_call_duration_sum\{.*\} 0\.25$/m);
  });

  it('over HTTP tell unknown methods apart no further, and no path that nobody takes', async () => {
    const { metrics, told } = calls();
    told.httpServer({ method: 'BREW', scheme: 'http', address: 'h', port: 1 })(404, 3, 19);
    const text = await metrics.text();
    expect(text).toMatch(/^http_server_request_body_size_sum\{http_request_method="_OTHER",/m);
    expect(text).toMatch(/^http_server_response_body_size_sum\{.*\} 19$/m);
    expect(text).not.toContain('http_route');
  });
});
