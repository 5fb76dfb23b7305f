import type { RE2JS } from 're2js';
import { decideBy, type PolicyFactory } from './policy';
import { messageOf } from '../../../errors';
import { hasBit, STRING_VALUE, type AttributeTest } from '../fact-questions';
import { PatternCache } from '../pattern-cache';
import { TextSet } from '../text-set';

const DEFAULT_CACHE_SIZE = 128;

/** Empty values are never equal to anything, as upstream. */
function exactly(values: readonly string[]): AttributeTest {
  const texts = new TextSet(values.filter((value) => value !== ''));
  const matches: AttributeTest['matchesSpan'] = ({ kind, bytes, start, end }) =>
    kind === STRING_VALUE && texts.has(bytes, start, end);
  return { matchesResource: matches, matchesSpan: matches };
}

/** Reads a pattern; throws an Error that says why it is none of RE2. */
export function compilePattern(pattern: string): RE2JS {
  // Its tables of Unicode are large, and few samplers ask for a pattern.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const re2 = require('re2js') as typeof import('re2js');
  try {
    return re2.RE2JS.compile(pattern);
  } catch (error) {
    const text = JSON.stringify(pattern);
    throw new SyntaxError(
      `must be a regular expression of RE2, got ${text} (${messageOf(error)})`);
  }
}

/** As upstream, another type reads as an empty text on a resource, and is passed by on a span. */
function byPattern(patterns: readonly string[], cacheSize: number): AttributeTest {
  const compiled = patterns.map(compilePattern);
  const test = (text: string): boolean => compiled.some((pattern) => pattern.test(text));
  const cache = new PatternCache(cacheSize > 0 ? cacheSize : DEFAULT_CACHE_SIZE, test);
  const emptyMatches = test('');
  return {
    matchesResource: ({ kind, bytes, start, end }) =>
      kind === STRING_VALUE && end > start ? cache.test(bytes, start, end) : emptyMatches,
    matchesSpan: ({ kind, bytes, start, end }) =>
      kind === STRING_VALUE && end > start && cache.test(bytes, start, end),
  };
}

/** Keeps traces with one of these texts or a text like these, or, inverted, those without. */
export const stringAttribute: PolicyFactory<'string_attribute'> = (settings, { questions }) => {
  const { key, values, enabledRegexMatching, cacheMaxSize, invertMatch } = settings.stringAttribute;
  const test = enabledRegexMatching ? byPattern(values, cacheMaxSize) : exactly(values);
  const bit = questions.askAttribute(key, test);
  return decideBy((words, trace) => hasBit(words, trace, bit) !== invertMatch);
};
