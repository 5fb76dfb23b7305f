/**
 * Versions of the OpenTelemetry Collector, as far as the tables of this folder reach.
 */

/** The oldest version whose components, names and settings the tables know. */
export const OLDEST_UPSTREAM = '0.120.0';

/** The newest version for which a manifest was read; newer ones are taken to be like it. */
export const NEWEST_UPSTREAM = '0.159.0';

/** The 131 of `0.131.0`, `v0.131.1` and `0.131.0-nightly`; undefined when there is none. */
export function minorOf(version: string): number | undefined {
  const minor = /^v?0\.(\d+)/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
