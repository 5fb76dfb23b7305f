/**
 * Which names a scraper takes or leaves out.
 */
import { choice } from '../fields';

/** How names are compared. */
export interface NameMatchConfig {
  /**
   * How names are compared: strict (equal) or regexp.
   */
  readonly matchType: string;
}

/** How names are compared. */
export const matchType = choice(['strict', 'regexp']);

/** Keys of such a match that upstream has besides. */
export const MATCH_UPSTREAM_ONLY = ['regexp'];
