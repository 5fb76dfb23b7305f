/** The body of a request, collected within a limit. */
import type { IncomingMessage } from 'http';

/** Why there is no body: it is too large, or the peer went away in the middle. */
export type NoBody = 'too large' | 'aborted';

/**
 * Collects the body of `request`, and tells `done` once. What comes after the limit is discarded.
 */
export function collectBody(
  request: IncomingMessage, maxBytes: number, done: (body: Uint8Array | NoBody) => void,
): void {
  const chunks: Buffer[] = [];
  let received = 0;
  let isDone = false;
  const finish = (body: Uint8Array | NoBody): void => {
    if (isDone) return;
    isDone = true;
    done(body);
  };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    request.resume();
    finish('too large');
    return;
  }
  request.on('data', (chunk: Buffer) => {
    if (isDone) return;
    received += chunk.length;
    if (received > maxBytes) finish('too large'); else chunks.push(chunk);
  });
  request.on('end', () => finish(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  request.on('close', () => finish('aborted'));
  request.on('error', () => finish('aborted'));
}
