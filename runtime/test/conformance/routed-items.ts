/** Telemetry for load balancers: attributes of all types, at all levels, and each item once. */
import type { RandomChoices } from './random-choices';
import { spoilt, wildAttributes } from './wild-values';
import { encodeProto } from '../../testing/otlp-proto';

type Value = object;

const KEYS = ['tenant', 'http.route', 'zone'];
const START = 1_700_000_000_000_000_000n;
const TENANTS: readonly Value[] = [
  { stringValue: 'a' }, { stringValue: 'b|c=d' }, { stringValue: '' }, { stringValue: 'ü' },
  { intValue: 7 }, { intValue: '-9007199254740993' }, { doubleValue: 0.1 }, { doubleValue: 1e21 },
  { doubleValue: 5 }, { boolValue: true }, { boolValue: false },
  { bytesValue: Buffer.from([1, 255]) },
  { arrayValue: { values: [{ stringValue: 'x' }, { intValue: 1 }, { doubleValue: 2.5 }] } },
  { kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } }, {},
];

/** Makes requests. */
export class RoutedItems {
  private made = 0n;

  public constructor(private readonly choose: RandomChoices) {}

  /** Spans of some traces, in several resources and scopes. */
  public spans(resources: number, spansEach: number): Buffer {
    const { choose } = this;
    const ids = Array.from({ length: 40 }, () => choose.bytes(16));
    const none = [Buffer.alloc(0), Buffer.alloc(16)];
    const span = (): object => ({
      traceId: choose.one(choose.chance(0.2) ? none : ids),
      spanId: choose.bytes(8),
      name: choose.one(['GET /', 'SELECT', '']),
      kind: choose.whole(0, 5),
      startTimeUnixNano: this.time(),
      attributes: this.attributes(0.3),
    });
    return spoilt(choose, encodeProto('ExportTraceServiceRequest', {
      resourceSpans: this.resources(resources, () => ({
        scopeSpans: this.scopes(() => ({ spans: this.several(spansEach, span) })),
      })),
    }));
  }

  /** Log records, all of which have a trace id: without one they go where chance wills. */
  public records(resources: number, recordsEach: number): Buffer {
    const { choose } = this;
    const ids = Array.from({ length: 40 }, () => choose.bytes(16));
    const record = (): object => ({
      timeUnixNano: this.time(),
      severityNumber: choose.whole(0, 24),
      severityText: choose.one(['', 'INFO', 'warn']),
      body: choose.one(TENANTS),
      traceId: choose.one(ids),
      attributes: this.attributes(0.3),
    });
    return spoilt(choose, encodeProto('ExportLogsServiceRequest', {
      resourceLogs: this.resources(resources, () => ({
        scopeLogs: this.scopes(() => ({ logRecords: this.several(recordsEach, record) })),
      })),
    }));
  }

  /** Data points of all kinds of metrics. All resources have a service, without which none goes. */
  public points(resources: number, pointsEach: number): Buffer {
    const { choose } = this;
    const number = (): object => ({ ...this.point(), asInt: choose.whole(0, 9) });
    const kinds: readonly (() => object)[] = [
      () => ({ gauge: { dataPoints: this.several(pointsEach, number) } }),
      () => ({
        sum: {
          dataPoints: this.several(pointsEach, number),
          aggregationTemporality: choose.whole(1, 2),
          isMonotonic: choose.chance(0.5),
        },
      }),
      () => ({ histogram: { dataPoints: this.several(pointsEach, () => this.point()) } }),
      () => ({ exponentialHistogram: { dataPoints: this.several(2, () => this.point()) } }),
      () => ({ summary: { dataPoints: this.several(2, () => this.point()) } }),
    ];
    const metric = (): object => ({
      name: choose.one(['requests', 'latency', 'queue', '']),
      unit: choose.one(['', 'ms']),
      ...choose.one(kinds)(),
    });
    return spoilt(choose, encodeProto('ExportMetricsServiceRequest', {
      resourceMetrics: this.resources(resources, () => ({
        scopeMetrics: this.scopes(() => ({ metrics: this.several(2, metric) })),
      }), 1),
    }));
  }

  private point(): object {
    return { timeUnixNano: this.time(), attributes: this.attributes(0.4) };
  }

  private time(): string {
    this.made += 1n;
    return String(START + this.made);
  }

  private several<T>(count: number, make: () => T): T[] {
    return Array.from({ length: this.choose.whole(1, count) }, make);
  }

  private resources(count: number, make: () => object, withService = 0.8): object[] {
    const { choose } = this;
    return Array.from({ length: count }, () => ({
      resource: {
        attributes: [
          ...choose.chance(withService)
            ? [{ key: 'service.name', value: { stringValue: `service-${choose.whole(0, 30)}` } }]
            : [],
          ...this.attributes(0.2),
        ],
      },
      ...make(),
    }));
  }

  private scopes(make: () => object): object[] {
    return this.several(3, () => ({
      scope: {
        name: this.choose.one(['', 'http', 'sql']),
        version: this.choose.one(['', '1']),
        attributes: this.attributes(0.15),
      },
      ...make(),
    }));
  }

  private attributes(share: number): object[] {
    const { choose } = this;
    if (choose.chance(0.3)) return wildAttributes(choose, KEYS, share);
    return KEYS.filter(() => choose.chance(share))
      .map((key) => ({ key, value: choose.one(TENANTS) }));
  }
}
