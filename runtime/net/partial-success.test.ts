import { partialSuccessOf, partialSuccessOfJson } from './partial-success';
import { encodeForeignPartialSuccess } from '../testing/rpc-status';

it.each([
  ['an empty answer', Buffer.alloc(0), undefined],
  ['an empty partial success', Buffer.from([0x0a, 0x00]), undefined],
  ['zero and no words', encodeForeignPartialSuccess(0, ''), undefined],
  ['rejected items', encodeForeignPartialSuccess(1000, 'too old'),
    { rejectedItems: 1000, message: 'too old' }],
  ['only a warning', encodeForeignPartialSuccess(0, 'careful'),
    { rejectedItems: 0, message: 'careful' }],
  ['text', Buffer.from('<html>'), 'malformed'],
  ['a status', Buffer.from([0x08, 0x09]), 'malformed'],
  ['text inside', Buffer.from('\n\x06<html>'), 'malformed'],
])('protobuf: %s', (_name, bytes, expected) => {
  expect(partialSuccessOf(bytes)).toEqual(expected);
});

it.each([
  ['', undefined],
  ['{}', undefined],
  ['{"partialSuccess":{}}', undefined],
  ['{"partialSuccess":null}', undefined],
  ['{"partialSuccess":{"rejectedSpans":"5","errorMessage":"a"}}',
    { rejectedItems: 5, message: 'a' }],
  ['{"partialSuccess":{"rejectedLogRecords":5}}', { rejectedItems: 5, message: '' }],
  ['<html>', 'malformed'],
  ['3', 'malformed'],
])('JSON: %s', (json, expected) => {
  expect(partialSuccessOfJson(Buffer.from(json))).toEqual(expected);
});
