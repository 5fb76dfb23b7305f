/** The objects that the API server shows, with versions, and the changes that watches follow. */
import { isDeepStrictEqual } from 'node:util';
import type { ObjectMeta } from './kubernetes';

/** An object with the metadata that the store writes. */
export interface StoredObject {
  /** Names, labels, version. */
  readonly metadata: ObjectMeta;
}

/** One change. */
export interface StoreEvent {
  /** What happened. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** Version of the whole store after it. */
  readonly version: number;
  /** `group/resource`. */
  readonly collection: string;
  /** The object after it, or the last one known. */
  readonly object: StoredObject;
}

/** Versions older than the first of these many events can no longer be watched from. */
const KEPT_EVENTS = 1000;

/** Objects by collection. */
export class ApiStore {
  private version = 1;
  private readonly objects = new Map<string, StoredObject>();
  private events: StoreEvent[] = [];
  private readonly listeners = new Set<(event: StoreEvent) => void>();
  private readonly keptEvents: number;

  public constructor(keptEvents = KEPT_EVENTS) {
    this.keptEvents = keptEvents;
  }

  /** Version of the whole store. */
  public get currentVersion(): number {
    return this.version;
  }

  /** Makes `collection` hold exactly `objects`; what is equal to what was there stays as it is. */
  public replaceAll(collection: string, objects: readonly object[]): void {
    const wanted = new Map(objects.map((object) => {
      const stored = object as StoredObject;
      return [keyOf(collection, stored.metadata), stored];
    }));
    for (const [key, object] of this.objects) {
      if (!key.startsWith(`${collection} `) || wanted.has(key)) continue;
      this.objects.delete(key);
      this.record('DELETED', collection, object);
    }
    for (const [key, object] of wanted) this.put(collection, key, object);
  }

  /** All objects of `collection`, in order of their names. */
  public list(collection: string): StoredObject[] {
    return [...this.objects].filter(([key]) => key.startsWith(`${collection} `))
      .sort(([a], [b]) => a < b ? -1 : 1).map(([, object]) => object);
  }

  /** What happened after `version`; undefined when that is too long ago. */
  public eventsAfter(version: number): StoreEvent[] | undefined {
    const oldest = this.version - this.events.length;
    return version < oldest ? undefined : this.events.filter((event) => event.version > version);
  }

  /** Tells every later change to `listener`, until the function that is returned is called. */
  public follow(listener: (event: StoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private put(collection: string, key: string, object: StoredObject): void {
    const old = this.objects.get(key);
    if (old !== undefined) {
      const { resourceVersion, ...metadata } = old.metadata;
      if (isDeepStrictEqual({ ...old, metadata }, object)) return;
    }
    const type = old === undefined ? 'ADDED' : 'MODIFIED';
    this.objects.set(key, this.record(type, collection, object));
  }

  private record(
    type: StoreEvent['type'], collection: string, object: StoredObject,
  ): StoredObject {
    const version = ++this.version;
    const stored = {
      ...object, metadata: { ...object.metadata, resourceVersion: String(version) },
    };
    const event = { type, version, collection, object: stored };
    this.events = [...this.events, event].slice(-this.keptEvents);
    for (const listener of this.listeners) listener(event);
    return stored;
  }
}

function keyOf(collection: string, metadata: ObjectMeta): string {
  return `${collection} ${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}
