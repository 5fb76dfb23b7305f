import { decideBy, type PolicyFactory } from './policy';
import { hasBit, type AttributeValue } from '../fact-questions';

/**
 * Keeps traces with a whole number in a range, or, inverted, those without.
 *
 * As upstream, a bound of 0 is none, and a value of another type reads as 0.
 */
export const numericAttribute: PolicyFactory<'numeric_attribute'> = (settings, { questions }) => {
  const { key, minValue, maxValue, invertMatch } = settings.numericAttribute;
  const least = minValue === 0 ? -Infinity : minValue;
  const most = maxValue === 0 ? Infinity : maxValue;
  const isInside = ({ integer }: AttributeValue): boolean => integer >= least && integer <= most;
  const bit = questions.askAttribute(key, { matchesResource: isInside, matchesSpan: isInside });
  return decideBy((words, trace) => hasBit(words, trace, bit) !== invertMatch);
};
