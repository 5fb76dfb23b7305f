import type { TLSSocket } from 'tls';
import { connectionFailure, handshakeFailure, isTlsFailure } from './tls-failure';

function failure(code: string, message: string, reason?: string): Error {
  return Object.assign(new Error(message), { code, reason });
}

const OPENSSL = 'write EPROTO 80:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:'
  + '../deps/x.c:350:\n';

test.each([
  [failure('ECONNREFUSED', 'connect ECONNREFUSED'), false, 'connect ECONNREFUSED'],
  [failure('CERT_HAS_EXPIRED', 'certificate has expired'), true,
    'certificate has expired (the peer\'s certificate, or our clock)'],
  [failure('EPROTO', OPENSSL), true,
    'wrong version number (the peer does not speak TLS on this port)'],
  [failure('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'x', 'tlsv1 alert unknown ca'), true,
    'tlsv1 alert unknown ca (the peer does not accept our certificate)'],
])('a client says of %s: of TLS %s, %s', (error, isOfTls, text) => {
  expect(isTlsFailure(error)).toBe(isOfTls);
  expect(connectionFailure(error)).toBe(text);
});

test.each([
  [failure('ECONNRESET', 'socket hang up'), undefined, undefined],
  [failure('ECONNRESET', 'socket hang up'), 'CERT_HAS_EXPIRED',
    'the client\'s certificate is not accepted: CERT_HAS_EXPIRED'],
  [failure('ERR_SSL_HTTP_REQUEST', 'x', 'http request'), undefined,
    'the client does not speak TLS (http request)'],
])('a server says of %s with %s: %s', (error, authorizationError, text) => {
  const socket = { authorizationError } as unknown as TLSSocket;
  expect(handshakeFailure(error, socket)).toBe(text);
});
