/** How long senders go by what was true before: a pool that is replaced faster is out of reach. */

/** Until a sender that watches EndpointSlices uses a new pod. */
export const API_LAG_SECONDS = 10;
/** Until a sender that asks cluster DNS does: answers are remembered for 30 seconds. */
export const DNS_LAG_SECONDS = 35;
