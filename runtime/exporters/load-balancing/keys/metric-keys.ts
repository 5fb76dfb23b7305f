/** Keys that only metrics have: the metric's name, and the stream of each data point. */
import { pointAttributes } from './by-attributes';
import { ResourceHash } from './by-resource';
import { METRIC, RESOURCE, SCOPE } from './levels';
import {
  METRIC_EXPONENTIAL_HISTOGRAM, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_NAME, METRIC_SUM,
  METRIC_SUMMARY, METRIC_UNIT, SCOPE_ATTRIBUTES, SCOPE_NAME, SCOPE_SPANS_SCOPE, SCOPE_VERSION,
  SUM_IS_MONOTONIC, SUM_TEMPORALITY,
} from '../../../otlp/fields';
import { Verdict, type Key } from '../../../otlp/key-splitter';
import { MapHash } from '../../../otlp/map-hash';
import { ByteBuilder } from '../../../wire/byte-builder';
import { Fnv64 } from '../../../wire/fnv64';
import { fieldTag, nextField, position, readVarint } from '../../../wire/reader';

const STREAM_PREFIX = Buffer.from('stream/');

/** The name of each metric. */
export class MetricNameKey implements Key {
  public readonly identifier = new ByteBuilder();

  public group(bytes: Uint8Array, start: number, end: number, depth: number): Verdict {
    if (depth < METRIC) return Verdict.Inside;
    const { identifier } = this;
    identifier.end = 0;
    for (let at = start; at < end;) {
      at = nextField(bytes, at, end);
      if (fieldTag !== METRIC_NAME) continue;
      identifier.end = 0;
      identifier.add(bytes, position, at);
    }
    return Verdict.Whole;
  }

  /** Never asked: a metric decides for all that is in it. */
  public item(_bytes: Uint8Array, _start: number, _end: number, unit: number): number {
    return unit;
  }
}

/** pdata's numbers of the kinds of data. */
const TYPES = new Map([
  [METRIC_GAUGE, 1], [METRIC_SUM, 2], [METRIC_HISTOGRAM, 3], [METRIC_EXPONENTIAL_HISTOGRAM, 4],
  [METRIC_SUMMARY, 5],
]);

/**
 * `stream/` and a hash of all that tells one stream of data points from another: resource, scope,
 * metric, and the attributes of the point.
 */
export class StreamKey implements Key {
  public readonly identifier = new ByteBuilder();
  private readonly resource = new Fnv64();
  private readonly scope = new Fnv64();
  private readonly metric = new Fnv64();
  private readonly data = new Fnv64();
  private readonly stream = new Fnv64();
  private readonly resourceHash = new ResourceHash();
  private readonly attributes = new MapHash();
  /** Where two texts begin and end. */
  private readonly texts = new Int32Array(4);
  private listTag = 0;

  public group(
    bytes: Uint8Array, start: number, end: number, depth: number, tag: number,
  ): Verdict {
    switch (depth) {
      case RESOURCE: this.resource.copy(this.resourceHash.of(bytes, start, end)); break;
      case SCOPE: this.readScope(bytes, start, end); break;
      case METRIC: this.readMetric(bytes, start, end); break;
      default: this.readData(bytes, start, end, tag);
    }
    return Verdict.Inside;
  }

  public item(bytes: Uint8Array, start: number, end: number, unit: number): number {
    const { attributes, identifier, stream } = this;
    attributes.begin();
    attributes.gather(bytes, start, end, this.listTag);
    attributes.finish(bytes);
    stream.copy(this.data);
    attributes.addTo(stream);
    identifier.end = 0;
    identifier.add(STREAM_PREFIX, 0, STREAM_PREFIX.length);
    identifier.addHex64(stream.low, stream.high);
    return unit;
  }

  private readScope(bytes: Uint8Array, start: number, end: number): void {
    const { scope, attributes, texts } = this;
    texts.fill(end);
    attributes.begin();
    for (let at = start; at < end;) {
      at = nextField(bytes, at, end);
      if (fieldTag !== SCOPE_SPANS_SCOPE) continue;
      const from = position;
      attributes.gather(bytes, from, at, SCOPE_ATTRIBUTES);
      readTexts(bytes, from, at, SCOPE_NAME, SCOPE_VERSION, texts);
    }
    attributes.finish(bytes);
    scope.copy(this.resource);
    scope.add(bytes, texts[0], texts[1]);
    scope.add(bytes, texts[2], texts[3]);
    attributes.addTo(scope);
  }

  private readMetric(bytes: Uint8Array, start: number, end: number): void {
    const { metric, texts } = this;
    texts.fill(end);
    readTexts(bytes, start, end, METRIC_NAME, METRIC_UNIT, texts);
    metric.copy(this.scope);
    metric.add(bytes, texts[0], texts[1]);
    metric.add(bytes, texts[2], texts[3]);
  }

  private readData(bytes: Uint8Array, start: number, end: number, tag: number): void {
    const { data } = this;
    let isMonotonic = tag === METRIC_HISTOGRAM || tag === METRIC_EXPONENTIAL_HISTOGRAM;
    const hasTemporality = isMonotonic || tag === METRIC_SUM;
    let temporality = 0;
    for (let at = start; hasTemporality && at < end;) {
      at = nextField(bytes, at, end);
      // Histograms have it in the same field as sums.
      if (fieldTag === SUM_TEMPORALITY) {
        temporality = readVarint(bytes, position, end);
      } else if (fieldTag === SUM_IS_MONOTONIC && tag === METRIC_SUM) {
        isMonotonic = readVarint(bytes, position, end) !== 0;
      }
    }
    this.listTag = pointAttributes(tag);
    data.copy(this.metric);
    data.addByte(TYPES.get(tag) ?? 0);
    data.addByte(isMonotonic ? 1 : 0);
    data.addByte(temporality & 0xff);
  }
}

/** Where the last texts with these two tags begin and end, into `texts`. */
function readTexts(
  bytes: Uint8Array, start: number, end: number, one: number, other: number, texts: Int32Array,
): void {
  for (let at = start; at < end;) {
    at = nextField(bytes, at, end);
    if (fieldTag !== one && fieldTag !== other) continue;
    const first = fieldTag === one ? 0 : 2;
    texts[first] = position;
    texts[first + 1] = at;
  }
}
