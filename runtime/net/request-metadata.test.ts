import { grpcMetadata, httpMetadata } from './request-metadata';
import { metadataValues } from '../pipeline/client-metadata';

test('names of HTTP headers are in lower case, and every value is kept', () => {
  expect({ ...httpMetadata(['Host', 'h:1', 'X-Tenant', 'a', 'x-tenant', 'b, c']) })
    .toEqual({ 'host': ['h:1'], 'x-tenant': ['a', 'b, c'] });
});

test('the authority of HTTP/2 is the host, unless there is one', () => {
  expect({ ...httpMetadata([':method', 'POST', ':authority', 'h:1', 'a', 'b']) })
    .toEqual({ host: ['h:1'], a: ['b'] });
  expect({ ...httpMetadata([':authority', 'h:1', 'host', 'other']) })
    .toEqual({ host: ['other'] });
});

test('gRPC keeps its own headers out of the metadata, and adds the host', () => {
  expect({
    ...grpcMetadata([
      ':method', 'POST', ':path', '/s/m', ':authority', 'h:1', 'content-type', 'application/grpc',
      'te', 'trailers', 'user-agent', 'u', 'grpc-timeout', '1S', 'grpc-encoding', 'gzip',
      'grpc-accept-encoding', 'gzip', 'x-tenant', 'a', 'trace-bin', 'AAE',
    ]),
  }).toEqual({
    ':authority': ['h:1'],
    'host': ['h:1'],
    'content-type': ['application/grpc'],
    'user-agent': ['u'],
    'grpc-accept-encoding': ['gzip'],
    'x-tenant': ['a'],
    'trace-bin': ['\u0000\u0001'],
  });
});

test('names that every object has are names like any other', () => {
  const metadata = grpcMetadata(['__proto__', 'a', 'constructor', 'b']);
  expect(metadataValues(metadata, 'Constructor')).toEqual(['b']);
  expect(metadataValues(metadata, 'toString')).toEqual([]);
  expect(metadataValues(undefined, 'a')).toEqual([]);
});
