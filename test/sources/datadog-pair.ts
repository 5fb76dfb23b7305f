/** What the tests of Datadog's guide have in common. */
import type { Chart } from 'cdk8s';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, SecretReference,
} from '../../src';
import { complaints, synthesized, type Objects } from '../synthesized';

/** Where a gateway sends to. */
export const exportTo = [
  Backend.datadog('datadog', { apiKey: SecretReference.of('datadog-secret', 'api-key') }),
];

/** Datadog's collector. */
export const image = CollectorImage.datadog('7.76.0');

/** The collector in the pods of a workload. */
export function container(objects: Objects, name: string): any {
  return objects.podOf(name).spec.containers[0];
}

/** Exporters by pipeline. */
export function exportersOf({ service }: any): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries<any>(service.pipelines).map(([id, { exporters }]) => [id, exporters]));
}

/** Ports of a Service. */
export function portsOf(objects: Objects, service: string): number[] {
  return objects.get('Service', service).spec.ports.map(({ port }: any) => port);
}

function build(gatewayProps: object, agentProps: object) {
  return (chart: Chart) => {
    const forwardTo = new GatewayDeployment(chart, 'gateway', { exportTo, image, ...gatewayProps });
    new AgentDaemonSet(chart, 'agent', { forwardTo, image, ...agentProps });
  };
}

/** A gateway and an agent that forwards to it. */
export function pair(gatewayProps: object, agentProps: object = {}): Objects {
  return synthesized(build(gatewayProps, agentProps));
}

/** What is said against them. */
export function pairSays(gatewayProps: object, agentProps: object = {}): string[] {
  return complaints(build(gatewayProps, agentProps));
}
