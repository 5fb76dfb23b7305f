import { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { CollectorTier } from './collector-tier';
import type { GatewayProps } from './gateway-props';
import { serviceHost } from './graph/cluster-name';
import type { Signal } from './graph/signal';
import type { ITelemetryTarget, TelemetryRoute } from './graph/telemetry-target';
import { rightProps } from './prop-kinds';
import { GATEWAY_KINDS } from './tier-kinds';
import { autoscaler } from './workload/autoscaler';
import { headlessName } from './workload/collector-services';
import { DNS_LAG_SECONDS } from './workload/discovery-lag';
import { availabilityProblem, disruptionBudget } from './workload/disruption-budget';
import { Scaling, scalingProblem } from './workload/scaling';
import { sleepBeforeStop } from './workload/stop-delay';

/** Senders that hold connections for ever would never meet a new pod. */
const MAX_CONNECTION_AGE = Duration.minutes(5);

/** What a gateway is told. */
export interface GatewayDeploymentProps extends GatewayProps {}

/**
 * A pool of collectors behind a Service, of which any may take anything. Tiers that forward to it
 * spread over all of its pods.
 */
export class GatewayDeployment extends CollectorTier implements ITelemetryTarget {
  /** Stamps the pods out. */
  public readonly deployment: k8s.KubeDeployment;
  /** Changes their number, when that is not fixed. */
  public readonly autoscaler?: k8s.KubeHorizontalPodAutoscalerV2;
  /** Keeps those who empty nodes from taking all of them; none for a single pod. */
  public readonly disruptionBudget?: k8s.KubePodDisruptionBudget;

  public constructor(scope: Construct, id: string, props: GatewayDeploymentProps) {
    const right = rightProps(props, GATEWAY_KINDS);
    const { scaling = Scaling.fixed(2), availability } = right.props;
    super(scope, id, right.props, {
      component: 'gateway',
      memoryMib: 512,
      cpuMillis: 500,
      maxPods: scaling.max,
      isHeadless: true,
      maxConnectionAge: MAX_CONNECTION_AGE,
      problems: [
        ...right.problems,
        scalingProblem(scaling) ?? availabilityProblem(scaling, availability) ?? [],
      ].flat(),
      wrong: right.wrong,
    });
    this.deployment = new k8s.KubeDeployment(this, 'deployment', {
      metadata: this._metadata,
      spec: {
        ...scaling.autoscaling === undefined ? { replicas: scaling.min } : {},
        selector: this._selector,
        minReadySeconds: DNS_LAG_SECONDS,
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: {
            maxSurge: k8s.IntOrString.fromNumber(1),
            maxUnavailable: k8s.IntOrString.fromNumber(0),
          },
        },
        template: this._template,
      },
    });
    if (this._sleepsBeforeStop) sleepBeforeStop(this.deployment);
    this.node.defaultChild = this.deployment;
    this.autoscaler = autoscaler(this, 'autoscaler', this._tier, 'Deployment', scaling, 0);
    this.disruptionBudget = disruptionBudget(
      this, 'disruption-budget', this._tier, scaling, availability);
  }

  /** Its name. */
  public get targetName(): string {
    return this.name;
  }

  /** By connection, over all pods: gRPC would otherwise stay with the first one that it meets. */
  public routeFor(_signal: Signal): TelemetryRoute {
    const host = serviceHost(headlessName(this._tier), this._tier.namespace);
    return { endpoint: `dns:///${host}:${this._ports.grpc}`, insecure: true };
  }
}
