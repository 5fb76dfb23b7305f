/** Profiles: which functions take the time. */
import type { TierPart } from './part';

/** The reason why they are not taken, and what to do. */
export function profilingPart(isWanted: boolean): TierPart {
  return !isWanted ? {} : {
    problems: [
      'profiling: must be left out, for no tier carries profiles, and only otelcol-ebpf-profiler'
      + ' holds the receiver that takes them, got true.'
      + '\n→ run that distribution as a DaemonSet of its own beside the agent; it sends profiles'
      + ' by OTLP to a store that knows them.',
    ],
  };
}
