/** A pool of collectors of which any may take anything, whatever stamps its pods out. */
import { Duration } from 'cdk8s';
import type { CollectorTier, TierPlan } from './collector-tier';
import type { GatewayProps } from './gateway-props';
import { serviceHost } from './graph/cluster-name';
import { Protocol } from './graph/protocol';
import { Resolver } from './graph/resolver';
import type { TelemetryRoute } from './graph/telemetry-target';
import type { RightProps } from './prop-kinds';
import { headlessName, podsServiceName } from './workload/collector-services';
import { availabilityProblem } from './workload/disruption-budget';
import { scalingProblems, type Scaling } from './workload/scaling';

/** Senders that hold connections for ever would never meet a new pod. */
const MAX_CONNECTION_AGE = Duration.minutes(5);

/** What such a pool knows of itself. */
export function poolPlan(
  right: RightProps<GatewayProps>, workload: TierPlan['workload'], scaling: Scaling,
): TierPlan {
  return {
    component: 'gateway',
    memoryMib: 512,
    cpuMillis: 500,
    workload,
    scaling,
    isHeadless: true,
    maxConnectionAge: MAX_CONNECTION_AGE,
    problems: [
      ...right.problems,
      ...scalingProblems(scaling), availabilityProblem(scaling, right.props.availability) ?? [],
    ].flat(),
    wrong: right.wrong,
  };
}

/** By connection, over all pods: gRPC would otherwise stay with the first one that it meets. */
export function poolRoute({ _tier, _ports, _security }: CollectorTier): TelemetryRoute {
  const { namespace } = _tier;
  const { grpc: port, http } = _ports;
  // Requests over HTTP/1.1 spread over connections by themselves.
  if (port === undefined && http !== undefined) {
    return _security.route({ endpoint: _security.url(http), protocol: Protocol.HTTP });
  }
  return _security.route({
    endpoint: `dns:///${serviceHost(headlessName(_tier), namespace)}:${port}`,
    pods: Resolver.kubernetes({
      name: podsServiceName(_tier, _ports.isDualStack), namespace, port,
    }),
  });
}
