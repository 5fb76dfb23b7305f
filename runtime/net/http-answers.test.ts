import { encodingOf } from './http-answers';

it.each([
  ['application/x-protobuf', 'proto'],
  ['application/json', 'json'],
  ['Application/JSON', 'json'],
  ['application/json; charset=utf-8', 'json'],
  ['application/json;charset="utf-8" ; a=b', 'json'],
  ['application/x-protobuf;', 'proto'],
  ['application/json; charset', undefined],
  ['application/json; =utf-8', undefined],
  ['application/json, text/plain', undefined],
  ['application/protobuf', undefined],
  ['application/jsonp', undefined],
  ['text/plain', undefined],
  ['', undefined],
  [undefined, undefined],
])('content type %s is taken for %s', (type, encoding) => {
  expect(encodingOf(type)).toBe(encoding);
});
