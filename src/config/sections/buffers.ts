/**
 * Why sizes of buffers change nothing in this runtime.
 */

/** Of buffers that are read into. */
export const READS_AT_ONCE =
  'it takes what a socket has at once, and has no buffer of its own in between';

/** Of buffers that are written from. */
export const WRITES_AT_ONCE =
  'it gives a socket all of a message at once, and has no buffer of its own in between';
