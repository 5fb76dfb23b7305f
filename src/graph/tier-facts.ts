/** What one tier tells the others at synthesis: enough to see whether all of them fit together. */
import type { IConstruct } from 'constructs';
import type { HeldTraces } from './drain-budget';
import type { MemoryBudget } from './memory-budget';
import type { Signal } from './signal';
import type { CollectorImage } from '../distribution/collector-image';

/** A tier as the others see it, and as checks look at it. */
export interface TierFacts extends HeldTraces {
  /** Its path in the tree of constructs. */
  readonly path: string;
  /** Path of the chart that it is part of: what is applied together. */
  readonly chart: string;
  /** Name of its Service. */
  readonly name: string;
  /** Name of the Service with one address per pod, when there is one. */
  readonly headlessName?: string;
  /** Its namespace. */
  readonly namespace?: string;
  /** Ports of its pods; OTLP over gRPC or HTTP has none where it is not taken in. */
  readonly ports: TierPorts;
  /** Signals that it takes. */
  readonly signals: readonly Signal[];
  /** Whether something in a pod needs whole traces and there is more than one pod. */
  readonly needsWholeTraces: boolean;
  /** Its configuration as data, after overrides. */
  readonly data: CollectorData;
  /** What reads it. */
  readonly image: CollectorImage;
  /** What stamps its pods out. */
  readonly workload: 'DaemonSet' | 'Deployment' | 'StatefulSet';
  /** Fewest pods; Infinity with one on every node. */
  readonly minPods: number;
  /** Most pods; Infinity with one on every node. */
  readonly maxPods: number;
  /** How an autoscaler takes pods away; absent without one. */
  readonly scaleIn?: ScaleIn;
  /** Memory of a pod. */
  readonly memory: MemoryBudget;
  /** Whether its pods are to be one sampler, if the image can do that. */
  readonly wantsPool: boolean;
  /** Time that a pod gets to end, when that was given, in seconds. */
  readonly graceSeconds?: number;
  /** New traces per second over all pods, when that was given. */
  readonly tracesPerSecond?: number;
  /** Labels that the nodes of its pods have; absent for any node. */
  readonly nodeLabels?: Readonly<Record<string, string>>;
  /** Ports of the node that a pod takes. */
  readonly hostPorts: readonly number[];
  /** Whether a roll-out puts a new pod beside the old one. */
  readonly isSurging: boolean;
  /** What its server shows to senders; absent for plain text. */
  readonly certificate?: ServerCertificate;
  /** Variables of its pods that have their values in the manifest. */
  readonly plainEnv?: Readonly<Record<string, string>>;
  /** Who its pods are. */
  readonly account: { readonly name: string; readonly isExisting: boolean };
}

/** Ports of a tier's pods. */
export interface TierPorts {
  /** OTLP over gRPC. */
  readonly grpc?: number;
  /** OTLP over HTTP. */
  readonly http?: number;
  /** The collector's own metrics. */
  readonly metrics: number;
  /** Answers probes. */
  readonly health: number;
  /** Pods of a pool call each other. */
  readonly peers?: number;
  /** What else is listened on. */
  readonly others: readonly OtherPort[];
}

/** A port that a feature listens on. */
export interface OtherPort {
  /** Its name in the pod and in the Service. */
  readonly name: string;
  /** Its number. */
  readonly port: number;
  /** Its protocol; TCP when absent. */
  readonly protocol?: 'TCP' | 'UDP';
}

/** How fast pods are taken away: so many in each period, when fewer were enough for a window. */
export interface ScaleIn {
  /** Pods in a period; 0 for never. */
  readonly pods: number;
  /** Length of the period in seconds. */
  readonly periodSeconds: number;
  /** Length of the window in seconds. */
  readonly windowSeconds: number;
}

/** A certificate of a server. */
export interface ServerCertificate {
  /** Names that it holds; `*` stands for one label. */
  readonly names: readonly string[];
  /** Whether senders must show one, too. */
  readonly asksSenders: boolean;
}

/** A collector's configuration as plain data, as far as it is looked at here. */
export interface CollectorData {
  /** Any section. */
  readonly [section: string]: unknown;
  /** Processors by id. */
  readonly processors?: Readonly<Record<string, unknown>>;
  /** Exporters by id. */
  readonly exporters?: Readonly<Record<string, unknown>>;
}

const FACTS = Symbol.for('cdk8s-otel-gateway.tier-facts');

/** Remembers what `construct` is. */
export function registerTier(construct: IConstruct, facts: TierFacts): void {
  Object.defineProperty(construct, FACTS, { value: facts });
}

/** All tiers of the app that `construct` belongs to. */
export function allTiers(construct: IConstruct): TierFacts[] {
  return construct.node.root.node.findAll()
    .flatMap((each) => (each as { [FACTS]?: TierFacts })[FACTS] ?? []);
}

/** The value under `path`; undefined when there is none. */
export function valueAt(data: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) =>
    typeof value === 'object' && value !== null
      ? (value as Record<string | number, unknown>)[key] : undefined, data);
}
