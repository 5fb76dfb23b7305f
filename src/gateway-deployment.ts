import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { CollectorTier } from './collector-tier';
import { poolPlan, poolRoute } from './gateway-pool';
import type { GatewayProps } from './gateway-props';
import type { Signal } from './graph/signal';
import type { ITelemetryTarget, TelemetryRoute } from './graph/telemetry-target';
import { rightProps } from './prop-kinds';
import { GATEWAY_KINDS } from './tier-kinds';
import { autoscaler } from './workload/autoscaler';
import { DNS_LAG_SECONDS } from './workload/discovery-lag';
import { disruptionBudget } from './workload/disruption-budget';
import { Scaling } from './workload/scaling';
import { sleepBeforeStop } from './workload/stop-delay';

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
    const right = rightProps(props, GATEWAY_KINDS, '', { isWhole: true });
    const { scaling = Scaling.fixed(2), availability } = right.props;
    super(scope, id, right.props, poolPlan(right, 'Deployment', scaling));
    this.deployment = new k8s.KubeDeployment(this, 'deployment', {
      metadata: this._metadata,
      spec: {
        ...scaling.autoscaling === undefined ? { replicas: scaling.min } : {},
        selector: this._selector,
        ...this._workload.deploymentRollout(DNS_LAG_SECONDS),
        template: this._workload.template,
      },
    });
    if (this._sleepsBeforeStop) sleepBeforeStop(this.deployment);
    this.node.defaultChild = this.deployment;
    this.autoscaler = autoscaler(
      this, 'autoscaler', this._tier, 'Deployment', scaling, this._held);
    this.disruptionBudget = disruptionBudget(
      this, 'disruption-budget', this._tier, scaling, availability);
  }

  /** Its name. */
  public get targetName(): string {
    return this.name;
  }

  /** By connection, over all pods: gRPC would otherwise stay with the first one that it meets. */
  public routeFor(_signal: Signal): TelemetryRoute {
    return poolRoute(this);
  }
}
