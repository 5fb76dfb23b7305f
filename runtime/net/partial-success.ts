/** `partial_success` of an OTLP answer: what a peer says it left out of a request that it took. */
import { fieldsOf, lastBytes, lastNumber, type ProtoField } from './status-codec';

/** What a peer left out. */
export interface PartialSuccess {
  /** Items that it refused for good. */
  readonly rejectedItems: number;
  /** Why, or a warning when nothing was refused. */
  readonly message: string;
}

/**
 * What `answer` says; undefined when all was taken and there is nothing to say. The three signals'
 * answers have the same fields.
 */
export function partialSuccessOf(answer: Uint8Array): PartialSuccess | 'malformed' | undefined {
  const fields = fieldsOf(answer);
  const body = fields && lastBytes(fields, 1);
  if (fields === undefined || !areBytes(fields, 1)) return 'malformed';
  if (body === undefined || body.length === 0) return undefined;
  const inner = fieldsOf(body);
  if (inner === undefined) return 'malformed';
  const message = Buffer.from(lastBytes(inner, 2) ?? new Uint8Array(0)).toString();
  return said(lastNumber(inner, 1), message);
}

/** A field of another type is that of another message. */
function areBytes(fields: readonly ProtoField[], number: number): boolean {
  return fields.every((field) => field.number !== number || field.value instanceof Uint8Array);
}

/** The same of an answer in JSON. */
export function partialSuccessOfJson(
  answer: Uint8Array,
): PartialSuccess | 'malformed' | undefined {
  if (answer.length === 0) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(answer).toString());
    if (typeof value !== 'object' || value === null) return 'malformed';
    const partial = (value as { readonly partialSuccess?: unknown }).partialSuccess ?? {};
    const entries = Object.entries(partial);
    const rejected = entries.find(([key]) => key.startsWith('rejected'))?.[1];
    const message = entries.find(([key]) => key === 'errorMessage')?.[1] ?? '';
    return said(Number(rejected ?? 0), String(message));
  } catch (error) {
    if (error instanceof SyntaxError) return 'malformed';
    throw error;
  }
}

function said(rejectedItems: number, message: string): PartialSuccess | undefined {
  return rejectedItems === 0 && message === '' ? undefined : { rejectedItems, message };
}
