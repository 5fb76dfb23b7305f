import { encodeProto } from '../testing/otlp-proto';

const SERVICES = 4;
const SPANS_PER_TRACE = 5;
const START_NS = 1_700_000_000_000_000_000n;

const attribute = (key: string, value: string): object => ({ key, value: { stringValue: value } });

function bytesOf(first: number, length: number): Buffer {
  const bytes = Buffer.alloc(length, 0xa5);
  bytes.writeUInt32BE(first + 1, length - 4);
  return bytes;
}

function spanOf(index: number): object {
  const start = START_NS + BigInt(index) * 1_000_000n;
  return {
    traceId: bytesOf(Math.floor(index / SPANS_PER_TRACE), 16),
    spanId: bytesOf(index, 8),
    parentSpanId: index % SPANS_PER_TRACE === 0 ? Buffer.alloc(0) : bytesOf(index - 1, 8),
    name: 'GET /api/products/{productId}',
    kind: 2,
    startTimeUnixNano: start.toString(),
    endTimeUnixNano: (start + 25_000_000n).toString(),
    attributes: [
      attribute('http.request.method', 'GET'),
      attribute('http.route', '/api/products/{productId}'),
      attribute('url.path', `/api/products/${10_000 + index}`),
      attribute('server.address', 'product-catalog.shop.svc.cluster.local'),
      attribute('network.protocol.version', '1.1'),
      attribute('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) shop-frontend/2.4'),
      attribute('client.address', `10.1.${index % 250}.17`),
      attribute('app.user.id', `user-${index * 7919 % 100_000}`),
      attribute('app.feature.flag', 'recommendations-v3'),
      { key: 'http.response.status_code', value: { intValue: 200 } },
    ],
    status: {},
  };
}

/** One request of `spans` spans as services send them: 10 attributes, some 560 bytes a span. */
export function benchRequest(spans: number): Uint8Array {
  const each = Math.ceil(spans / SERVICES);
  const resourceSpans = Array.from({ length: SERVICES }, (_, service) => ({
    resource: {
      attributes: [
        attribute('service.name', `service-${service}`),
        attribute('k8s.pod.name', `service-${service}-7d9c6b5f4-x2x7k`),
        attribute('k8s.namespace.name', 'shop'),
      ],
    },
    scopeSpans: [{
      scope: { name: '@opentelemetry/instrumentation-http', version: '0.205.0' },
      spans: Array.from({ length: Math.max(0, Math.min(each, spans - service * each)) },
        (__, index) => spanOf(service * each + index)),
    }],
  }));
  return encodeProto('ExportTraceServiceRequest', { resourceSpans });
}
