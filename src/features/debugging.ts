/** A look at what comes by, for a while. */
import type { PartFacts, TierPart } from './part';
import { debugExporter } from '../config';
import type { DebugVerbosity } from '../graph/debug-verbosity';

/** A look at telemetry. */
export interface DebuggingFeature {
  /**
   * Logs everything that leaves the tier, besides sending it: for a while, to find a mistake.
   * @default - nothing is logged
   */
  readonly debug?: DebugVerbosity;
}

/** What it adds to a tier. */
export function debuggingPart(
  { debug: verbosity }: DebuggingFeature, { signals }: PartFacts,
): TierPart {
  if (verbosity === undefined) return {};
  return {
    exporters: [{
      contract: debugExporter,
      // A backend for good is called otherwise.
      name: 'temporary',
      signals,
      write: (at) => debugExporter.write({ verbosity }, at),
    }],
  };
}
