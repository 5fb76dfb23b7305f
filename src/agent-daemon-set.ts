import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { CollectorTier } from './collector-tier';
import { hostParts, type HostFeatures } from './features/host-features';
import { rightProps } from './prop-kinds';
import { AGENT_KINDS } from './tier-kinds';
import type { CollectorTierProps } from './tier-props';
import { endpointVariables, type HostPorts } from './workload/host-ports';
import { sleepBeforeStop } from './workload/stop-delay';

/** What an agent is told. */
export interface AgentDaemonSetProps extends CollectorTierProps, HostFeatures {
  /**
   * Ports of the node that lead to the agent on it. Agents are then replaced with a gap, for a
   * node has each port once.
   * @default - none: applications reach the agent on their node through its Service
   */
  readonly hostPorts?: HostPorts;
}

/**
 * A collector on every node, near the applications. They send to the Service of its name, which
 * leads to the agent on their own node. What it gathers goes to `forwardTo`.
 */
export class AgentDaemonSet extends CollectorTier {
  /** Stamps the pods out, one on every node. */
  public readonly daemonSet: k8s.KubeDaemonSet;
  private readonly hostPorts?: HostPorts;

  public constructor(scope: Construct, id: string, props: AgentDaemonSetProps) {
    const right = rightProps(props, AGENT_KINDS, '', { isWhole: true });
    super(scope, id, right.props, {
      component: 'agent',
      memoryMib: 256,
      cpuMillis: 100,
      workload: 'DaemonSet',
      parts: (facts) => hostParts(right.props, facts),
      isHeadless: false,
      hostPorts: right.props.hostPorts,
      problems: right.problems,
      wrong: right.wrong,
    });
    this.daemonSet = new k8s.KubeDaemonSet(this, 'daemon-set', {
      metadata: this._metadata,
      spec: {
        selector: this._selector,
        ...this._workload.daemonSetRollout(),
        template: this._workload.template,
      },
    });
    if (this._sleepsBeforeStop) sleepBeforeStop(this.daemonSet);
    this.node.defaultChild = this.daemonSet;
    this.hostPorts = right.props.hostPorts;
  }

  /**
   * Variables that tell OpenTelemetry's SDKs in a container of an application where the agent on
   * its node is: by the node's address with `hostPorts`, otherwise by the Service; with TLS always
   * by the Service, for certificates hold names, not addresses of nodes.
   */
  public get endpointEnv(): k8s.EnvVar[] {
    const isEncrypted = this._security.certificate !== undefined;
    return endpointVariables(isEncrypted ? undefined : this.hostPorts, this._ports, this);
  }
}
