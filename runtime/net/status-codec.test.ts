import { decodeStatus, encodeStatus, parseStatus, statusJson } from './status-codec';
import { decodeForeignStatus, encodeForeignStatus } from '../testing/rpc-status';

it.each([
  [{ code: 3, message: 'größer ✓' }, undefined],
  [{ code: 8, message: 'slow', retryDelayMs: 1500 }, { seconds: 1, nanos: 500_000_000 }],
  [{ code: 14, message: '', retryDelayMs: 0 }, { seconds: 0, nanos: 0 }],
  [{ code: 14, message: 'x'.repeat(300), retryDelayMs: 3_600_000 }, { seconds: 3600, nanos: 0 }],
])('another decoder reads %j as it is meant', (status, retryDelay) => {
  expect(decodeForeignStatus(encodeStatus(status))).toEqual({
    code: status.code, message: status.message, ...retryDelay && { retryDelay },
  });
});

it.each([
  [{ code: 3, message: 'bad' }, undefined],
  [{ code: 8, message: 'slow', retryDelay: { seconds: 2, nanos: 250_000_000 } }, 2250],
  [{ code: 8, message: 'slow', retryDelay: { seconds: 0, nanos: 0 } }, 0],
])('what another encoder writes of %j is read, among other details', (status, retryDelayMs) => {
  expect(decodeStatus(encodeForeignStatus(status))).toEqual({
    code: status.code, message: status.message, ...retryDelayMs !== undefined && { retryDelayMs },
  });
});

it.each([
  ['text', Buffer.from('404 page not found\n')],
  ['half a message', Buffer.from([0x12, 0x05, 0x61])],
  ['JSON', Buffer.from('{"code":3}')],
])('%s is no status', (_name, bytes) => {
  expect(decodeStatus(bytes)).toBeUndefined();
});

it.each([
  [{ code: 14, message: 'boom' }, '{"code":14,"message":"boom"}'],
  [{ code: 8, message: 'a', retryDelayMs: 1500 }, '{"code":8,"message":"a","details":['
    + '{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]}'],
  [{ code: 8, message: 'a', retryDelayMs: 13_000 }, '{"code":8,"message":"a","details":['
    + '{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"13s"}]}'],
])('%j is written as JSON in the form of protojson', (status, json) => {
  expect(statusJson(status)).toBe(json);
});

it.each([
  ['{"code":3,"message":"bad"}', { code: 3, message: 'bad' }],
  ['{"message":"bad"}', { code: 0, message: 'bad' }],
  ['{}', undefined], ['null', undefined], ['<html>', undefined], ['', undefined],
])('the JSON %s says %j', (json, status) => {
  expect(parseStatus(Buffer.from(json))).toEqual(status);
});
