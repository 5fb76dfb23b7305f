import { MalformedError, PermanentError, RetryableError } from '../errors';
import {
  codeName, codeOfHttp, delayOfRetryAfter, errorOf, httpStatusOf, isRetryable, retryAfter, statusOf,
} from './status';

it.each([
  [0, 'OK', 200], [1, 'Canceled', 503], [2, 'Unknown', 500], [3, 'InvalidArgument', 400],
  [4, 'DeadlineExceeded', 503], [5, 'NotFound', 500], [6, 'AlreadyExists', 500],
  [7, 'PermissionDenied', 403], [8, 'ResourceExhausted', 429], [9, 'FailedPrecondition', 500],
  [10, 'Aborted', 503], [11, 'OutOfRange', 503], [12, 'Unimplemented', 404], [13, 'Internal', 500],
  [14, 'Unavailable', 503], [15, 'DataLoss', 503], [16, 'Unauthenticated', 401],
  [17, 'Code(17)', 500],
])('code %d is called %s and answered with status %d', (code, name, status) => {
  expect(codeName(code)).toBe(name);
  expect(httpStatusOf(code)).toBe(status);
});

it.each([
  [400, 3], [401, 16], [403, 7], [404, 12], [429, 8], [502, 14], [503, 14], [504, 14], [500, 2],
  [418, 2],
])('status %d stands for code %d', (status, code) => {
  expect(codeOfHttp(status)).toBe(code);
});

it.each([
  ['a permanent error', new PermanentError('boom'),
    { code: 13, message: 'Permanent error: boom' }],
  ['a permanent error with a code', new PermanentError('boom', { code: 7 }),
    { code: 7, message: 'boom' }],
  ['malformed bytes', new MalformedError('json', 'must end', 'x'),
    { code: 3, message: 'json: must end, got x' }],
  ['a retryable error', new RetryableError('full'), { code: 14, message: 'full' }],
  ['a retryable error with code and delay', new RetryableError('slow', { code: 8, delayMs: 200 }),
    { code: 8, message: 'slow', retryDelayMs: 200 }],
  ['a peer in its own words', new RetryableError('a peer: slow', { code: 8, told: 'slow' }),
    { code: 8, message: 'slow' }],
  ['a bug', new TypeError('x is undefined'), { code: 14, message: 'x is undefined' }],
])('%s is told with its code and delay', (_name, error, status) => {
  expect(statusOf(error)).toEqual(status);
});

it('an answer becomes the error that its code and delay ask for', () => {
  expect(errorOf({ code: 14, message: 'm', retryDelayMs: 1500 }, 'text')).toMatchObject({
    name: 'RetryableError', message: 'Throttle (1.5s), error: text', code: 14, delayMs: 1500,
  });
  expect(errorOf({ code: 14, message: 'm' }, 'text')).toMatchObject({
    name: 'RetryableError', message: 'text', code: 14, delayMs: undefined, told: 'm',
  });
  expect(errorOf({ code: 13, message: 'm' }, 'text')).toMatchObject({
    name: 'PermanentError', message: 'Permanent error: text', code: 13,
  });
});

it.each([
  [8, undefined, false], [8, 0, true], [8, 5, true], [14, undefined, true], [13, 5, false],
  [99, 5, false],
])('code %d with delay %s is tried again: %s', (code, retryDelayMs, expected) => {
  expect(isRetryable({ code, message: '', retryDelayMs })).toBe(expected);
});

it.each([
  [8, 1500, '1'], [14, 13_000, '13'], [14, 200, '0'], [14, undefined, undefined],
  [3, 1000, undefined],
])('code %d with a delay of %s ms is answered with Retry-After %s', (code, ms, header) => {
  expect(retryAfter({ code, message: '', retryDelayMs: ms })).toBe(header);
});

it.each([
  ['2', 2000], ['0', 0], ['Thu, 01 Jan 1970 00:01:05 GMT', 5000],
  ['Thu, 01 Jan 1970 00:00:05 GMT', 0], ['soon', undefined], ['-1', undefined],
  [undefined, undefined],
])('Retry-After %s asks for %s ms', (value, ms) => {
  expect(delayOfRetryAfter(value, 60_000)).toBe(ms);
});
