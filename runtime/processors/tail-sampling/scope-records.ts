/**
 * What is written on the scopes of kept spans: which policy kept them.
 *
 * `tailsampling.policy` is the policy that is the reason, `tailsampling.composite_policy` the one
 * inside a composite policy, and `tailsampling.cached_decision` is true on spans that came so late
 * that only a cache knew of their trace.
 */
import { NOBODY, type NamedPolicy } from './decider';
import {
  ANY_VALUE_BOOL, ANY_VALUE_STRING, KEY_VALUE_KEY, KEY_VALUE_VALUE, SCOPE_ATTRIBUTES,
} from '../../otlp/fields';
import { fieldLength, writeHeader } from '../../wire/writer';

/** Number of the record that says nothing. */
export const NO_RECORD = -1;

/** Attributes of a scope. */
export interface ScopeRecord {
  /** Names of the attributes, which replace those that the scope has. */
  readonly keys: readonly Uint8Array[];
  /** The attributes as fields of an InstrumentationScope. */
  readonly bytes: Uint8Array;
}

function attribute(key: string, value: Uint8Array): Uint8Array {
  const name = Buffer.from(key);
  const length = fieldLength(name.length) + fieldLength(value.length);
  const out = Buffer.alloc(fieldLength(length));
  let at = writeHeader(out, 0, SCOPE_ATTRIBUTES, length);
  at = writeHeader(out, at, KEY_VALUE_KEY, name.length);
  out.set(name, at);
  at = writeHeader(out, at + name.length, KEY_VALUE_VALUE, value.length);
  out.set(value, at);
  return out;
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  const out = Buffer.alloc(fieldLength(bytes.length));
  out.set(bytes, writeHeader(out, 0, ANY_VALUE_STRING, bytes.length));
  return out;
}

const YES = Uint8Array.of(ANY_VALUE_BOOL, 1);

/** All records, by number: they are few, and each is made when it is first asked for. */
export class ScopeRecords {
  private readonly records = new Map<number, ScopeRecord>();
  private readonly mostParts: number;

  public constructor(private readonly policies: readonly NamedPolicy[]) {
    this.mostParts = Math.max(1, ...policies.map(({ policy }) => policy.parts?.length ?? 0));
  }

  /** The record of a trace that `reason` kept, and `composite` as well unless it is NOBODY. */
  public numberOf(reason: number, composite: number): number {
    const part = composite === NOBODY ? 0 : this.policies[composite].policy.keptBy ?? 0;
    const both = reason * (this.policies.length + 1) + composite + 1;
    return (both * this.mostParts + part) * 2;
  }

  /** The record of spans whose trace only a cache knew, which `reason` had kept. */
  public cachedNumberOf(reason: number): number {
    return this.numberOf(reason, NOBODY) + 1;
  }

  /** The record with this number. */
  public get(number: number): ScopeRecord {
    let record = this.records.get(number);
    if (record === undefined) {
      record = this.create(number);
      this.records.set(number, record);
    }
    return record;
  }

  private create(number: number): ScopeRecord {
    const isCached = number % 2 === 1;
    const rest = (number - number % 2) / 2;
    const part = rest % this.mostParts;
    const both = (rest - part) / this.mostParts;
    const composite = both % (this.policies.length + 1) - 1;
    const reason = Math.floor(both / (this.policies.length + 1));
    const found: [string, Uint8Array][] = [];
    if (composite !== NOBODY) {
      const { parts = [] } = this.policies[composite].policy;
      found.push(['tailsampling.composite_policy', text(parts[part])]);
    }
    found.push(['tailsampling.policy', text(this.policies[reason].name)]);
    if (isCached) found.push(['tailsampling.cached_decision', YES]);
    return {
      keys: found.map(([key]) => Buffer.from(key)),
      bytes: Buffer.concat(found.map(([key, value]) => attribute(key, value))),
    };
  }
}
