/** The tables of RFC 7541 that header blocks refer to: one for all, and one that each end fills. */

/** What an entry costs besides its name and value (RFC 7541, section 4.1), in bytes. */
export const ENTRY_OVERHEAD = 32;
/** The size of a dynamic table before the ends agree on another, in bytes. */
export const DEFAULT_TABLE_BYTES = 4096;
/** The index of the newest entry of the dynamic table; those of the static one are below. */
export const FIRST_DYNAMIC = 62;

/** Appendix A: entries from index 1 on, `name` or `name=value`. */
const STATIC = `
:authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https
:status=200|:status=204|:status=206|:status=304|:status=400|:status=404|:status=500
accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept
access-control-allow-origin|age|allow|authorization|cache-control|content-disposition
content-encoding|content-language|content-length|content-location|content-range|content-type
cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range
if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate
proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|strict-transport-security
transfer-encoding|user-agent|vary|via|www-authenticate`
  .trim().split(/[|\n]/).map((entry) => entry.split('='));

/** Names of the static table by index; the one at 0 is no entry. */
export const STATIC_NAMES: readonly string[] = ['', ...STATIC.map(([name]) => name)];
/** Values of the static table by index; the one at 0 is no entry. */
export const STATIC_VALUES: readonly string[] = ['', ...STATIC.map(([, value = '']) => value)];

/** Bytes that a field counts in a table and in the size of a list (RFC 9113, section 6.5.2). */
export function fieldBytes(name: string, value: string): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}

/** The fields of one direction that blocks refer to by number; the oldest give way. */
export class DynamicTable {
  private names: string[] = [];
  private values: string[] = [];
  /** Where the newest entry stands in the two rings, whose length is a power of two. */
  private newest = 0;
  private held = 0;
  private bytes = 0;
  private changes = 0;

  public constructor(private limit: number) {}

  /** How many entries it holds. */
  public get length(): number {
    return this.held;
  }

  /** The size that it may have, in bytes. */
  public get maxBytes(): number {
    return this.limit;
  }

  /** The size that it has, in bytes. */
  public get usedBytes(): number {
    return this.bytes;
  }

  /** A number that differs after every change of what the indexes mean. */
  public get version(): number {
    return this.changes;
  }

  /** The name of an entry that it holds; the newest is 0. */
  public nameAt(index: number): string {
    return this.names[this.newest - index & this.names.length - 1];
  }

  /** The value of an entry that it holds; the newest is 0. */
  public valueAt(index: number): string {
    return this.values[this.newest - index & this.values.length - 1];
  }

  /** Adds an entry; one that is larger than the whole table only empties it. */
  public add(name: string, value: string): void {
    const bytes = fieldBytes(name, value);
    this.changes++;
    this.evictTo(this.limit - bytes);
    if (bytes > this.limit) return;
    if (this.held === this.names.length) this.grow();
    this.newest = this.newest + 1 & this.names.length - 1;
    this.names[this.newest] = name;
    this.values[this.newest] = value;
    this.held++;
    this.bytes += bytes;
  }

  /** Sets the size that it may have, in bytes, and evicts what is beyond. */
  public resize(maxBytes: number): void {
    this.changes++;
    this.limit = maxBytes;
    this.evictTo(maxBytes);
  }

  private evictTo(maxBytes: number): void {
    while (this.held > 0 && this.bytes > maxBytes) {
      const oldest = this.newest - this.held + 1 & this.names.length - 1;
      this.bytes -= fieldBytes(this.names[oldest], this.values[oldest]);
      this.names[oldest] = '';
      this.values[oldest] = '';
      this.held--;
    }
  }

  private grow(): void {
    const names: string[] = [];
    const values: string[] = [];
    for (let index = this.held - 1; index >= 0; index--) {
      names.push(this.nameAt(index));
      values.push(this.valueAt(index));
    }
    const length = Math.max(8, this.held * 2);
    while (names.length < length) {
      names.push('');
      values.push('');
    }
    this.names = names;
    this.values = values;
    this.newest = this.held - 1 & length - 1;
  }
}
