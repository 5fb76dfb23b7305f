/** What one feature adds to a tier, in one value: nothing that it needs stands anywhere else. */
import type { k8s } from 'cdk8s-plus-28';
import type {
  ComponentSection, Path, TelemetryConfig, TracePeersTlsConfig, Yaml,
} from '../config';
import type { Signal } from '../graph/signal';

/** The version of the collector that a part is written for; undefined for our own. */
export type CollectorVersion = string | undefined;

/** A component as a part writes it. */
export interface PartComponent {
  /** Its type: the present name and the older ones, by which versions know it. */
  readonly contract: {
    readonly section: ComponentSection; readonly type: string; readonly aliases: readonly string[];
  };
  /** What stands behind its type, as in `type/name`. */
  readonly name?: string;
  /** Whether an extension is left out for images of upstream, which can do without it. */
  readonly isRuntimeOnly?: boolean;
  /**
   * Its configuration in the words of `version`.
   * @throws ConfigurationError with all mistakes in it.
   */
  readonly write: (at: Path, version: CollectorVersion) => Yaml;
}

/** Where in a pipeline a processor stands; the limiter is before, the batches are after all. */
export enum Place {
  /** Needs the connection that telemetry came by, or what the limiter let in. */
  ENRICH = 10,
  /** What sampling decides by. */
  BEFORE_SAMPLING = 20,
  /** The sampler itself. */
  SAMPLE = 30,
  /** Only what is kept. */
  AFTER_SAMPLING = 40,
}

/** A processor, and where it stands. */
export interface PlacedProcessor extends PartComponent {
  /** Its place; in the order of parts where several have the same. */
  readonly place: Place;
  /** Pipelines that it stands in. */
  readonly signals: readonly Signal[];
}

/** A component at the start or at the end of pipelines. */
export interface EdgeComponent extends PartComponent {
  /** Pipelines that it stands in. */
  readonly signals: readonly Signal[];
}

/** A component between pipelines: it takes one signal and gives another. */
export interface BridgeComponent extends PartComponent {
  /** What it takes: all of it, before any sampling. */
  readonly takes: Signal;
  /** What it makes of it. */
  readonly gives: Signal;
}

/** A port that a receiver, or an exporter that is asked, listens on. */
export interface PartPort {
  /** Its name: at most 15 lower-case letters, digits and `-`. */
  readonly name: string;
  /** Its number. */
  readonly port: number;
  /** Its protocol. */
  readonly protocol: 'TCP' | 'UDP';
  /** What is spoken there, as Services say it. */
  readonly appProtocol?: string;
  /** Whether Prometheus fetches metrics of others there. */
  readonly isScraped?: boolean;
}

/** A volume and where the collector finds it. */
export interface PartVolume {
  /** The volume. */
  readonly volume: k8s.Volume;
  /** Where it is mounted. */
  readonly mount: Omit<k8s.VolumeMount, 'name'>;
}

/** What a part needs of the node. */
export interface HostAccess {
  /** Files that only root may read. */
  readonly isRoot?: boolean;
  /** Processes of the node. */
  readonly pid?: boolean;
  /** Network interfaces of the node. */
  readonly network?: boolean;
}

/** What one feature adds to a tier. */
export interface TierPart {
  /** Receivers. */
  readonly receivers?: readonly EdgeComponent[];
  /** Processors. */
  readonly processors?: readonly PlacedProcessor[];
  /** Exporters. */
  readonly exporters?: readonly EdgeComponent[];
  /** Connectors. */
  readonly connectors?: readonly BridgeComponent[];
  /** Extensions. */
  readonly extensions?: readonly PartComponent[];
  /** Variables, in the words of Kubernetes. */
  readonly env?: readonly k8s.EnvVar[];
  /** Volumes. */
  readonly volumes?: readonly PartVolume[];
  /** Claims of volumes, one for each pod; they need a StatefulSet. */
  readonly claims?: readonly k8s.KubePersistentVolumeClaimProps[];
  /** Room that its volumes take on the disk of the pod's node, in mebibytes. */
  readonly diskMib?: number;
  /** Ports. */
  readonly ports?: readonly PartPort[];
  /** What it needs of the node. */
  readonly host?: HostAccess;
  /** What collectors tell of themselves, beside and over what all of them do. */
  readonly telemetry?: TelemetryConfig;
  /** What is wrong with it; every sentence says below `→` what to do about it. */
  readonly problems?: readonly string[];
}

/** What a part knows of the tier that it is added to. */
export interface PartFacts {
  /** Name of the tier. */
  readonly name: string;
  /** Its part in the whole. */
  readonly component: 'agent' | 'gateway' | 'sampler';
  /** Signals that there is somewhere to send to. */
  readonly signals: readonly Signal[];
  /** Greatest number of pods; Infinity with one on every node. */
  readonly maxPods: number;
  /** Namespace of the tier. */
  readonly namespace?: string;
  /** TLS between pods of the tier; absent for plain text. */
  readonly poolTls?: TracePeersTlsConfig;
}
