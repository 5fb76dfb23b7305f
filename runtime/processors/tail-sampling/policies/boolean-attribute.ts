import { decideBy, type PolicyFactory } from './policy';
import { hasBit, type AttributeValue } from '../fact-questions';

/**
 * Keeps traces with this truth value, or, inverted, those without.
 *
 * As upstream, a value of another type reads as false.
 */
export const booleanAttribute: PolicyFactory<'boolean_attribute'> = (settings, { questions }) => {
  const { key, value, invertMatch } = settings.booleanAttribute;
  const isEqual = ({ truth }: AttributeValue): boolean => truth === value;
  const bit = questions.askAttribute(key, { matchesResource: isEqual, matchesSpan: isEqual });
  return decideBy((words, trace) => hasBit(words, trace, bit) !== invertMatch);
};
