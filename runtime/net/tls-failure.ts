/** What went wrong between two that could not agree on TLS, in words that say whose fault it is. */
import type { TLSSocket } from 'tls';
import { messageOf } from '../errors';

interface TlsError {
  readonly code?: string;
  readonly reason?: string;
}

/** What OpenSSL or Node.js says to a client, and what the client's operator should know. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/wrong version number|packet length too long|record layer failure/,
    'the peer does not speak TLS on this port'],
  [/unable to (verify|get)|self-signed certificate/,
    'the peer\'s certificate is of no authority that is trusted here; see ca_file'],
  [/certificate has expired|certificate is not yet valid/, 'the peer\'s certificate, or our clock'],
  [/alert certificate required|alert handshake failure/,
    'the peer may ask for a certificate; see cert_file and key_file'],
  [/alert (unknown ca|bad certificate|certificate expired|certificate unknown|unsupported cert)/,
    'the peer does not accept our certificate'],
  [/altnames/, 'see server_name_override'],
  [/alert protocol version|unsupported protocol/,
    'no version of TLS that both speak; see min_version and max_version'],
];

/** The same of what is said to a server. The alerts are those of its clients. */
const HINTS_OF_SERVERS: readonly (readonly [RegExp, string])[] = [
  [/http request|wrong version number|packet length too long|record layer failure/,
    'the client does not speak TLS'],
  [/alert (unknown ca|bad cert|unsupported cert|certificate (unknown|expired|revoked))/,
    'the client does not accept our certificate'],
  [/alert protocol version|unsupported protocol|version too low|no protocols available/,
    'no version of TLS that both speak; see min_version and max_version'],
  [/no shared cipher|no suitable (key share|signature algorithm)|no shared (group|signature)/,
    'no cipher, curve or signature that both allow; see cipher_suites'],
  [/no application protocol/, 'the client offers no protocol (ALPN) that is spoken on this port'],
  [/ alert /, 'the client ended the handshake'],
];

/** Whether an error came of TLS, and not of the network below it. */
export function isTlsFailure(error: unknown): boolean {
  const { code = '' } = error as TlsError;
  return /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(code);
}

/** OpenSSL's sentence stands alone in an error's reason, or in the middle of its message. */
function sentenceOf(error: unknown): string {
  const { code = '', reason } = error as TlsError;
  const message = messageOf(error);
  if (code.startsWith('ERR_SSL') && reason !== undefined) return reason;
  return /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1] ?? message;
}

/** What a client says of an error of its connection. */
export function connectionFailure(error: unknown): string {
  const said = sentenceOf(error);
  const hint = HINTS.find(([pattern]) => pattern.test(said))?.[1];
  return hint === undefined ? said : `${said} (${hint})`;
}

/** What a server says of a handshake that failed; undefined when the client merely went away. */
export function handshakeFailure(error: unknown, socket: TLSSocket): string | undefined {
  const { code } = error as TlsError;
  const reason = sentenceOf(error);
  // Node.js ends such connections itself, and tells only here why.
  const untrusted = socket.authorizationError as Error | string | null | undefined;
  if (untrusted) return `the client's certificate is not accepted: ${messageOf(untrusted)}`;
  if (/did not return a certificate/.test(reason)) return 'the client shows no certificate';
  const hint = HINTS_OF_SERVERS.find(([pattern]) => pattern.test(reason))?.[1];
  if (hint !== undefined) return `${hint} (${reason})`;
  return code === 'ECONNRESET' || code === 'EPIPE' ? undefined : reason;
}
