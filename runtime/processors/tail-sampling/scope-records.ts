/**
 * What is written on the scopes of kept spans: which policy kept them.
 *
 * `tailsampling.policy` is the policy that is the reason, `tailsampling.composite_policy` the one
 * inside a composite policy, and `tailsampling.cached_decision` is true on spans that came so late
 * that only a cache knew of their trace.
 */
import { NOBODY, type NamedPolicy } from './decider';
import { attributeField, boolValue, textValue } from '../../otlp/attribute-field';
import { SCOPE_ATTRIBUTES } from '../../otlp/fields';

/** Number of the record that says nothing. */
export const NO_RECORD = -1;

/** Attributes of a scope. */
export interface ScopeRecord {
  /** Names of the attributes, which replace those that the scope has. */
  readonly keys: readonly Uint8Array[];
  /** The attributes as fields of an InstrumentationScope. */
  readonly bytes: Uint8Array;
}

/** Numbers of names are below it: that many policies nobody has. */
const MOST_NAMES = 2 ** 20;
const NO_NAME = -1;
/** Names beyond these are not taken over from other pods, which may tell any number of them. */
const MOST_TOLD = 1000;

/**
 * All records, by number: they are few, and each is made when it is first asked for. Names keep
 * their numbers when policies are replaced, for what is remembered of traces speaks of them.
 */
export class ScopeRecords {
  private readonly records = new Map<number, ScopeRecord>();
  private readonly names: string[] = [];
  private policies: readonly NamedPolicy[] = [];
  /** Number of each policy's name, and of those of the policies inside. */
  private nameNumbers: readonly number[] = [];
  private partNumbers: readonly (readonly number[])[] = [];

  /** Takes numbers of policies for those of these policies from now on. */
  public use(policies: readonly NamedPolicy[]): void {
    this.policies = policies;
    this.nameNumbers = policies.map(({ name }) => this.numberOfName(name));
    this.partNumbers = policies.map(({ policy }) =>
      (policy.parts ?? []).map((name) => this.numberOfName(name)));
  }

  /** Number of a policy's name. */
  public nameOf(policy: number): number {
    return this.nameNumbers[policy];
  }

  /** The record of a trace that `reason` kept, and `composite` as well unless it is NOBODY. */
  public numberOf(reason: number, composite: number): number {
    return recordNumber(this.nameNumbers[reason], this.partOf(composite), 0);
  }

  /** Number of the name of the policy that kept a trace inside of a composite one, or NOBODY. */
  public partOf(composite: number): number {
    return composite === NOBODY
      ? NO_NAME : this.partNumbers[composite][this.policies[composite].policy.keptBy ?? 0];
  }

  /** The record of a trace that the policies with these names kept; NOBODY for no second one. */
  public numberOfNames(policy: number, part: number): number {
    return recordNumber(policy, part, 0);
  }

  /** The record of spans whose trace only a cache knew, which the policy named so had kept. */
  public cachedNumberOf(name: number): number {
    return recordNumber(name, NO_NAME, 1);
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

  /** The policy's name with this number. */
  public textOf(name: number): string {
    return this.names[name];
  }

  /** Number of the name of a policy that another pod has told; NOBODY where none is remembered. */
  public numberOfTold(name: string): number {
    if (name === '') return NOBODY;
    const known = this.names.indexOf(name);
    if (known >= 0) return known;
    return this.names.length < MOST_TOLD ? this.names.push(name) - 1 : NOBODY;
  }

  private numberOfName(name: string): number {
    const known = this.names.indexOf(name);
    return known < 0 ? this.names.push(name) - 1 : known;
  }

  private create(number: number): ScopeRecord {
    const isCached = number % 2 === 1;
    const both = (number - number % 2) / 2;
    const part = both % MOST_NAMES - 1;
    const found: [string, Uint8Array][] = [];
    if (part !== NO_NAME) {
      found.push(['tailsampling.composite_policy', textValue(this.names[part])]);
    }
    found.push(['tailsampling.policy', textValue(this.names[Math.floor(both / MOST_NAMES)])]);
    if (isCached) found.push(['tailsampling.cached_decision', boolValue(true)]);
    return {
      keys: found.map(([key]) => Buffer.from(key)),
      bytes: Buffer.concat(found.map(([key, value]) =>
        attributeField(SCOPE_ATTRIBUTES, key, value))),
    };
  }
}

function recordNumber(name: number, part: number, cached: number): number {
  return (name * MOST_NAMES + part + 1) * 2 + cached;
}
