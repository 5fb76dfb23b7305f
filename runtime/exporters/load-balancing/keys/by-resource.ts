/** Keys that are the same for all of a resource: its service, or all of its attributes. */
import { findOnResource } from './levels';
import { RESOURCE_SPANS_RESOURCE, RESOURCE_ATTRIBUTES } from '../../../otlp/fields';
import { valueEnd, valueStart } from '../../../otlp/find-attribute';
import { Verdict, type Key } from '../../../otlp/key-splitter';
import { MapHash } from '../../../otlp/map-hash';
import { addText } from '../../../otlp/value-text';
import { ByteBuilder } from '../../../wire/byte-builder';
import { Fnv64 } from '../../../wire/fnv64';
import { fieldTag, nextField, position } from '../../../wire/reader';

const SERVICE_NAME = Buffer.from('service.name');
const RESOURCE_PREFIX = Buffer.from('resource/');

/** The bare name of the service, for logs and metrics; nothing when it is no text. */
export class ServiceKey implements Key {
  public readonly identifier = new ByteBuilder();
  public readonly leftOutReason = 'unable to get service name from resource metric';

  /** `needsName`: whether a resource without one is left out, instead of being of no service. */
  public constructor(private readonly needsName: boolean) {}

  public group(bytes: Uint8Array, start: number, end: number): Verdict {
    this.identifier.end = 0;
    if (findOnResource(bytes, start, end, SERVICE_NAME)) {
      addText(this.identifier, bytes, valueStart, valueEnd);
      return Verdict.Whole;
    }
    return this.needsName ? Verdict.LeftOut : Verdict.Whole;
  }

  /** Never asked: a resource decides for all that is in it. */
  public item(_bytes: Uint8Array, _start: number, _end: number, unit: number): number {
    return unit;
  }
}

/** `resource/` and a hash of all attributes of the resource. */
export class ResourceKey implements Key {
  public readonly identifier = new ByteBuilder();
  private readonly hash = new ResourceHash();

  public group(bytes: Uint8Array, start: number, end: number): Verdict {
    const { low, high } = this.hash.of(bytes, start, end);
    this.identifier.end = 0;
    this.identifier.add(RESOURCE_PREFIX, 0, RESOURCE_PREFIX.length);
    this.identifier.addHex64(low, high);
    return Verdict.Whole;
  }

  /** Never asked: a resource decides for all that is in it. */
  public item(_bytes: Uint8Array, _start: number, _end: number, unit: number): number {
    return unit;
  }
}

/** What upstream tells resources apart by. */
export class ResourceHash {
  private readonly attributes = new MapHash();
  private readonly sum = new Fnv64();

  /** The hash of the resource in the entry from `start` to `end`, good until the next call. */
  public of(bytes: Uint8Array, start: number, end: number): Fnv64 {
    const { attributes, sum } = this;
    attributes.begin();
    for (let at = start; at < end;) {
      at = nextField(bytes, at, end);
      if (fieldTag === RESOURCE_SPANS_RESOURCE) {
        attributes.gather(bytes, position, at, RESOURCE_ATTRIBUTES);
      }
    }
    attributes.finish(bytes);
    sum.clear();
    attributes.addTo(sum);
    return sum;
  }
}
