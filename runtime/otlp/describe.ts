/**
 * Telemetry as text for humans, line by line as the Go collector's debug exporter prints it
 * (`verbosity: normal` and `detailed`), and the counts that it logs in every verbosity.
 */
import { decodeMessage } from './decode-message';
import { describeDetailed } from './describe-detailed';
import { describeNormal } from './describe-normal';
import { textOf, type MessageValue } from './message-value';
import { REQUESTS } from './messages';
import type { Payload, Signal } from '../pipeline/payload';
import { LEN, position, readBodyEnd, readTag, skipValue } from '../wire/reader';

/** How much is said of each item. */
export type Detail = 'normal' | 'detailed';

/** Names of the counts of each signal: of resources, of metrics where there are any, of items. */
const COUNT_NAMES: Readonly<Record<Signal, readonly string[]>> = {
  traces: ['resource spans', 'spans'],
  metrics: ['resource metrics', 'metrics', 'data points'],
  logs: ['resource logs', 'log records'],
};
/** `repeated ResourceSpans resource_spans = 1;`, and so for every signal. */
const RESOURCES = 1 << 3 | LEN;
/** `repeated ScopeMetrics scope_metrics = 2;` and `repeated Metric metrics = 2;`. */
const INNER = 2 << 3 | LEN;
const TO_RESOURCES = [RESOURCES];
const TO_METRICS = [RESOURCES, INNER, INNER];

/**
 * The text of all items of `payload`, each line ended.
 *
 * @throws MalformedError when the payload is not what it claims to be.
 */
export function describe(payload: Payload, detail: Detail): string {
  const value: MessageValue = {};
  for (const chunk of payload.chunks) decodeMessage(REQUESTS[payload.signal], chunk, value);
  const lines = detail === 'normal'
    ? describeNormal(payload.signal, value)
    : describeDetailed(payload.signal, value);
  return textOf(lines.map((line) => `${line}\n`).join(''));
}

/** How much there is of everything that is counted, under the names that upstream logs. */
export function describeCounts(payload: Payload): Record<string, number> {
  const names = COUNT_NAMES[payload.signal];
  const counts = [countAlong(payload, TO_RESOURCES)];
  if (payload.signal === 'metrics') counts.push(countAlong(payload, TO_METRICS));
  counts.push(payload.items);
  return Object.fromEntries(names.map((name, i) => [name, counts[i]]));
}

function countAlong({ chunks }: Payload, tags: readonly number[]): number {
  return chunks.reduce((sum, chunk) => sum + countFields(chunk, 0, chunk.length, tags, 0), 0);
}

/** Number of fields that are reached through the fields with `tags`, one after the other. */
function countFields(
  bytes: Uint8Array, start: number, limit: number, tags: readonly number[], level: number,
): number {
  let count = 0;
  for (let at = start; at < limit;) {
    const tag = readTag(bytes, at, limit);
    if (tag !== tags[level]) {
      at = skipValue(bytes, position, limit, tag);
      continue;
    }
    at = readBodyEnd(bytes, position, limit);
    count += level === tags.length - 1 ? 1 : countFields(bytes, position, at, tags, level + 1);
  }
  return count;
}
