import type { Http2Session } from 'http2';

/**
 * Ends a session that has nothing to do. By itself, Node.js leaves one open whose farewell was not
 * yet written when its last stream ended.
 */
export function endSoon(session: Http2Session): void {
  setImmediate(() => { if (!session.destroyed) session.destroy(); });
}
