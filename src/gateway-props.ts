import type { CollectorTierProps } from './tier-props';
import type { Availability } from './workload/availability';
import type { Scaling } from './workload/scaling';

/** What all gateways have in common. */
export interface GatewayProps extends CollectorTierProps {
  /**
   * How many pods there are.
   * @default Scaling.fixed(2)
   */
  readonly scaling?: Scaling;
  /**
   * How many pods may be taken away at a time when nodes are emptied.
   * @default Availability.maxUnavailable(1)
   */
  readonly availability?: Availability;
}
