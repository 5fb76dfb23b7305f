/**
 * Reads what a Kubernetes API server answers: lists of EndpointSlices and events of a watch.
 *
 * Only what routing asks for is looked at, and only that must be as the API says it is; whatever
 * else stands there may come from a newer server.
 */
import type { EndpointSlice, SliceEndpoint } from './endpoint-slices';
import { MalformedError } from '../errors';

/** One page of a list. */
export interface SlicePage {
  /** Its slices. */
  readonly slices: readonly EndpointSlice[];
  /** The moment that the whole list is of, as the API server counts. */
  readonly version: string;
  /** Where the next page begins; '' after the last one. */
  readonly next: string;
}

/** Something that happened to a slice. */
export interface SliceEvent {
  /** What happened. A bookmark only tells a newer version. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** The slice after it, or the last one known. */
  readonly slice: EndpointSlice;
}

/** What the API server says in place of an event. */
export interface WatchFailure {
  /** Always this. */
  readonly type: 'ERROR';
  /** HTTP status; 410 means that the version is too old to watch from. */
  readonly code: number;
  /** Its own words. */
  readonly message: string;
}

type Json = Readonly<Record<string, unknown>>;

const EVENTS: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);
const CONDITIONS = ['ready', 'serving', 'terminating'] as const;
/** Names and addresses with nothing that a URL or a log line would stumble over. */
const HOST = /^[A-Za-z0-9._:%-]{1,253}$/;

/**
 * Reads the body of a list.
 *
 * @throws MalformedError when it is none.
 */
export function readSlicePage(text: string): SlicePage {
  const list = objectAt('list', parse('list', text));
  const metadata = objectAt('list.metadata', list.metadata ?? {});
  return {
    slices: arrayAt('list.items', list.items)
      .map((item, index) => sliceAt(`list.items[${index}]`, item)),
    version: textAt('list.metadata.resourceVersion', metadata.resourceVersion) ?? '',
    next: textAt('list.metadata.continue', metadata.continue) ?? '',
  };
}

/**
 * Reads a line of a watch.
 *
 * @throws MalformedError when it is no event.
 */
export function readSliceEvent(line: string): SliceEvent | WatchFailure {
  const event = objectAt('event', parse('event', line));
  const object = objectAt('event.object', event.object);
  if (event.type === 'ERROR') {
    return {
      type: 'ERROR',
      code: typeof object.code === 'number' ? object.code : 0,
      message: typeof object.message === 'string' ? object.message : 'without a reason',
    };
  }
  if (!EVENTS.has(event.type)) {
    throw wrong('event.type', 'be ADDED, MODIFIED, DELETED, BOOKMARK or ERROR', event.type);
  }
  return {
    type: event.type as SliceEvent['type'],
    slice: sliceAt('event.object', object, event.type === 'BOOKMARK'),
  };
}

/** The sentence in a Status object, or the beginning of whatever was answered. */
export function readReason(body: string): string {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // A proxy in between answers as it likes.
  }
  return body.slice(0, 200);
}

function sliceAt(where: string, value: unknown, isBookmark = false): EndpointSlice {
  const slice = objectAt(where, value);
  const metadata = objectAt(`${where}.metadata`, slice.metadata);
  const name = textAt(`${where}.metadata.name`, metadata.name) ?? '';
  if (name === '' && !isBookmark) throw wrong(`${where}.metadata.name`, 'be a name', name);
  return {
    metadata: {
      name,
      resourceVersion: textAt(`${where}.metadata.resourceVersion`, metadata.resourceVersion),
    },
    endpoints: isBookmark ? [] : arrayAt(`${where}.endpoints`, slice.endpoints)
      .map((endpoint, index) => endpointAt(`${where}.endpoints[${index}]`, endpoint)),
  };
}

function endpointAt(where: string, value: unknown): SliceEndpoint {
  const endpoint = objectAt(where, value);
  const conditions = objectAt(`${where}.conditions`, endpoint.conditions ?? {});
  for (const name of CONDITIONS) {
    const condition = conditions[name] ?? undefined;
    if (condition !== undefined && typeof condition !== 'boolean') {
      throw wrong(`${where}.conditions.${name}`, 'be true, false or null', condition);
    }
  }
  return {
    addresses: arrayAt(`${where}.addresses`, endpoint.addresses)
      .map((address, index) => hostAt(`${where}.addresses[${index}]`, address)),
    hostname: endpoint.hostname === undefined || endpoint.hostname === null
      || endpoint.hostname === '' ? undefined : hostAt(`${where}.hostname`, endpoint.hostname),
    conditions,
  };
}

function parse(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(where, 'be JSON', text.slice(0, 40));
  }
}

function objectAt(where: string, value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(where, 'be an object', value);
  }
  return value as Json;
}

/** The API server writes null for an empty list. */
function arrayAt(where: string, value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong(where, 'be a list', value);
  return value;
}

function textAt(where: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrong(where, 'be a text', value);
  return value;
}

function hostAt(where: string, value: unknown): string {
  if (typeof value !== 'string' || !HOST.test(value)) {
    throw wrong(where, 'be a name or an address', value);
  }
  return value;
}

function wrong(where: string, rule: string, value: unknown): MalformedError {
  const got = typeof value === 'object' && value !== null
    ? Array.isArray(value) ? 'a list' : 'an object' : JSON.stringify(value) ?? 'nothing';
  return new MalformedError(where, `must ${rule}`, got.slice(0, 100));
}
