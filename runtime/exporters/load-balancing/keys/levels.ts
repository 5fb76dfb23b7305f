/**
 * Attributes of resources and scopes. Both are the first field of the entries around them, for
 * logs and metrics as for spans.
 */
import {
  RESOURCE_ATTRIBUTES, RESOURCE_SPANS_RESOURCE, SCOPE_ATTRIBUTES, SCOPE_SPANS_SCOPE,
} from '../../../otlp/fields';
import { findAttribute } from '../../../otlp/find-attribute';
import { fieldTag, nextField, position } from '../../../wire/reader';

/** Depth of the entry of a resource. */
export const RESOURCE = 1;
/** Depth of the entry of a scope. */
export const SCOPE = 2;
/** Depth of a metric. */
export const METRIC = 3;

/**
 * Whether the resource in the entry from `start` to `end` has an attribute `name`; its value is
 * then where `findAttribute` leaves it.
 */
export function findOnResource(
  bytes: Uint8Array, start: number, end: number, name: Uint8Array,
): boolean {
  return findInside(bytes, start, end, RESOURCE_SPANS_RESOURCE, RESOURCE_ATTRIBUTES, name);
}

/** The same for the scope in the entry of one. */
export function findOnScope(
  bytes: Uint8Array, start: number, end: number, name: Uint8Array,
): boolean {
  return findInside(bytes, start, end, SCOPE_SPANS_SCOPE, SCOPE_ATTRIBUTES, name);
}

function findInside(
  bytes: Uint8Array, start: number, end: number, holder: number, list: number, name: Uint8Array,
): boolean {
  for (let at = start; at < end;) {
    at = nextField(bytes, at, end);
    if (fieldTag === holder && findAttribute(bytes, position, at, list, name)) return true;
  }
  return false;
}
