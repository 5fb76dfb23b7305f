/**
 * What a collector works with, when its whole configuration has been read.
 */
import type { PipelineSignal } from './contract';
import type { TelemetrySettings } from './telemetry';

/** One component. */
export interface ComponentSettings {
  /** Its type, in upstream's present spelling. */
  readonly type: string;
  /** What the type's contract has read. */
  readonly settings: unknown;
}

/** One pipeline; components are named by their ids. */
export interface PipelineSettings {
  /** Its name, `signal` or `signal/name`. */
  readonly id: string;
  /** What flows through it. */
  readonly signal: PipelineSignal;
  /** Where data comes from. */
  readonly receivers: readonly string[];
  /** What data passes through, in this order. */
  readonly processors: readonly string[];
  /** Where data goes. */
  readonly exporters: readonly string[];
}

/** A whole collector. Components are named by the ids that the configuration gives them. */
export interface CollectorSettings {
  /** All receivers by id. */
  readonly receivers: ReadonlyMap<string, ComponentSettings>;
  /** All processors by id. */
  readonly processors: ReadonlyMap<string, ComponentSettings>;
  /** All exporters by id. */
  readonly exporters: ReadonlyMap<string, ComponentSettings>;
  /** All connectors by id. */
  readonly connectors: ReadonlyMap<string, ComponentSettings>;
  /** All extensions by id. */
  readonly extensions: ReadonlyMap<string, ComponentSettings>;
  /** The pipelines, in the order of the file. */
  readonly pipelines: readonly PipelineSettings[];
  /** Ids of the extensions to run, in the order in which they start. */
  readonly extensionOrder: readonly string[];
  /** What the process tells about itself. */
  readonly telemetry: TelemetrySettings;
}
