/** Logs of what comes by. */
import { exporterAt, type BackendKind } from './backend-kind';
import { DEBUG_KINDS } from './kinds';
import type { DebugBackendOptions } from './options';
import { debugExporter } from '../config';

/** A log of what comes by. */
export function debugLog(name: string): BackendKind<DebugBackendOptions> {
  return {
    type: debugExporter.type,
    kinds: DEBUG_KINDS,
    write: (spelled, { verbosity }) => ({
      type: spelled(debugExporter),
      config: debugExporter.write({ verbosity }, exporterAt('debug', name)),
    }),
  };
}
