import { decideBy, type PolicyFactory } from './policy';
import { SPANS } from '../trace-table';

/** Keeps traces with at least and, unless that is 0, at most so many spans. */
export const spanCount: PolicyFactory<'span_count'> = (settings) => {
  const { minSpans, maxSpans } = settings.spanCount;
  return decideBy((words, trace) => {
    const spans = words[trace + SPANS];
    return spans >= minSpans && (maxSpans === 0 || spans <= maxSpans);
  });
};
