import { decideBy, type PolicyFactory } from './policy';
import { hasBit } from '../fact-questions';

const CODES: Readonly<Record<string, number>> = { UNSET: 0, OK: 1, ERROR: 2 };

/** Keeps traces that have a span with one of these status codes. */
export const statusCode: PolicyFactory<'status_code'> = (settings, { questions }) => {
  const bits = settings.statusCode.statusCodes.map((code) => questions.askStatus(CODES[code]));
  return decideBy((words, trace) => {
    for (let i = 0; i < bits.length; i += 1) if (hasBit(words, trace, bits[i])) return true;
    return false;
  });
};
