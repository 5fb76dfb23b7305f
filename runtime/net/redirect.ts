/**
 * Where an HTTP request goes that was sent elsewhere.
 *
 * As Go's client does with what is posted, 307 and 308 are followed, body and all, ten times at
 * most. 301, 302 and 303 are not: they ask for a GET without the body, whose answer says nothing
 * about what was to be delivered.
 */
import type { AnswerHead } from './http-answer';

/** Answers that send a request elsewhere before it is given up. */
export const MOST_REDIRECTS = 10;

/**
 * The next address of a request that `from` answered; a sentence where that is none to follow, and
 * undefined where it is not sent elsewhere.
 */
export function redirectOf(
  { location, status }: AnswerHead, from: URL,
): URL | string | undefined {
  if ((status !== 307 && status !== 308) || location === undefined) return undefined;
  if (!URL.canParse(location, from.href)) return 'redirected to what is no URL';
  const to = new URL(location, from.href);
  if (!/^https?:$/.test(to.protocol)) return `redirected to ${to.protocol}, which is not HTTP`;
  return from.protocol === 'https:' && to.protocol === 'http:'
    ? `redirected to ${to.origin}, which does not encrypt` : to;
}

/** Whether `to` may see what was meant for `first`: the same host, or one below its name. */
export function isOfHost(first: URL, to: URL): boolean {
  return to.hostname === first.hostname || to.hostname.endsWith(`.${first.hostname}`);
}
