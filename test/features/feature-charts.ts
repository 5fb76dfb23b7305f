/** Charts with one tier that has features. */
import {
  AgentDaemonSet, Backend, GatewayDeployment, Scaling, Signal, type AgentDaemonSetProps,
  type GatewayDeploymentProps,
} from '../../src';
import { complaints, synthesized, type Objects } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

/** A chart with the agent `agent`. */
export function agentWith(props: AgentDaemonSetProps): Objects {
  return synthesized((chart) => { new AgentDaemonSet(chart, 'agent', { exportTo, ...props }); });
}

/** A chart with the gateway `gateway` of several pods. */
export function gatewayWith(props: Partial<GatewayDeploymentProps>): Objects {
  return synthesized((chart) => {
    new GatewayDeployment(
      chart, 'gateway', { exportTo, scaling: Scaling.fixed(2), ...props });
  });
}

/** What is said against an agent; untyped, as many apps are. */
export function agentSays(props: Record<string, any>): string[] {
  return complaints((chart) => { new AgentDaemonSet(chart, 'agent', { exportTo, ...props }); });
}

/** What is said against a gateway; untyped, as many apps are. */
export function gatewaySays(props: Record<string, any>): string[] {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props } as GatewayDeploymentProps);
  });
}

/** A store for traces only. */
export const TRACES_ONLY = {
  exportTo: [Backend.otlp('store', { endpoint: 'store:4317', signals: [Signal.TRACES] })],
};

/** What the collector's container mounts of `volume`, and what that is. */
export function mounted(objects: Objects, tier: string, volume: string): object | undefined {
  const { containers: [{ volumeMounts }], volumes } = objects.podOf(tier).spec;
  const mount = volumeMounts.find(({ name }: { name: string }) => name === volume);
  return mount && { ...mount, ...volumes.find(({ name }: { name: string }) => name === volume) };
}

/** Where the collector's container has a variable from. */
export function variable(objects: Objects, tier: string, name: string): any {
  return objects.podOf(tier).spec.containers[0].env.find((one: any) => one.name === name);
}
