import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { CollectorTier, type CollectorTierProps } from './collector-tier';
import { rightProps } from './prop-kinds';
import { TIER_KINDS } from './tier-kinds';
import { sleepBeforeStop } from './workload/stop-delay';

/** What an agent is told. */
export interface AgentDaemonSetProps extends CollectorTierProps {}

/**
 * A collector on every node, near the applications. They send to the Service of its name, which
 * leads to the agent on their own node. What it gathers goes to `forwardTo`.
 */
export class AgentDaemonSet extends CollectorTier {
  /** Stamps the pods out, one on every node. */
  public readonly daemonSet: k8s.KubeDaemonSet;

  public constructor(scope: Construct, id: string, props: AgentDaemonSetProps) {
    const right = rightProps(props, TIER_KINDS);
    super(scope, id, right.props, {
      component: 'agent',
      memoryMib: 256,
      cpuMillis: 100,
      maxPods: Infinity,
      isHeadless: false,
      problems: right.problems,
      wrong: right.wrong,
    });
    this.daemonSet = new k8s.KubeDaemonSet(this, 'daemon-set', {
      metadata: this._metadata,
      spec: {
        selector: this._selector,
        // A new agent stands beside the old one first: no node is ever without one.
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: {
            maxSurge: k8s.IntOrString.fromString('10%'),
            maxUnavailable: k8s.IntOrString.fromNumber(0),
          },
        },
        template: this._template,
      },
    });
    if (this._sleepsBeforeStop) sleepBeforeStop(this.daemonSet);
    this.node.defaultChild = this.daemonSet;
  }
}
