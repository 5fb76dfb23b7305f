import { decideBy, type PolicyFactory } from './policy';
import { hasBit } from '../fact-questions';
import { TextSet } from '../text-set';
import { TraceStateMatch } from '../trace-state-match';

/** Members are shorter than this, so longer ones are never met. */
const MOST_MEMBER_BYTES = 256;

/** Keeps traces with a span whose W3C trace state has one of these values under a key. */
export const traceState: PolicyFactory<'trace_state'> = (settings, { questions }) => {
  const { key, values } = settings.traceState;
  const texts = new TextSet(values.filter((value) => value !== ''
    && Buffer.byteLength(key) + Buffer.byteLength(value) < MOST_MEMBER_BYTES));
  const member = new TraceStateMatch(key);
  const bit = questions.askTraceState((bytes, start, end) =>
    member.find(bytes, start, end) && texts.has(bytes, member.valueStart, member.valueEnd));
  return decideBy((words, trace) => hasBit(words, trace, bit));
};
