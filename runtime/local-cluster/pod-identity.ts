/** Who a pod is: what the scheduler, the workload and the address plan decided about it. */
import type { PodSpec } from './kubernetes';

/** Who a pod is. */
export interface PodIdentity {
  /** Name, unique in its namespace among the living. */
  readonly name: string;
  /** Namespace. */
  readonly namespace: string;
  /** Unique for ever. */
  readonly uid: string;
  /** Labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Annotations. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Name of the node that it runs on. */
  readonly nodeName: string;
  /** Address of that node. */
  readonly nodeAddress: string;
  /** The pod's address. */
  readonly address: string;
  /** The address behind its `localhost`. */
  readonly loopback: string;
  /** Host name under the headless Service `subdomain`, if it has one. */
  readonly hostname?: string;
  /** Name of the headless Service that gives it a DNS name, if any. */
  readonly subdomain?: string;
  /** Name of the workload that it belongs to. */
  readonly workload: string;
  /** Name of its ServiceAccount. */
  readonly serviceAccount: string;
  /** What it is to be. */
  readonly spec: PodSpec;
}
