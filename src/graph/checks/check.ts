/** The common form of all checks. */
import type { TierFacts } from '../tier-facts';

/**
 * Looks at one tier among all of the app. What it says has the form
 * `<where>: <what must hold>, got <value>.\n→ <way out>.`
 */
export type Check = (tier: TierFacts, app: readonly TierFacts[]) => string[];
