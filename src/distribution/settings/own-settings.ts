/** Settings of components of upstream's that only the collector of this project has. */
import { of, ours, type SettingChange } from './setting-change';

const gateInstead = (gate: string) => ({
  instead: `write the feature gate \`processor.tailsamplingprocessor.${gate}\` in its place`,
});

/** All of them. */
export const OWN_SETTINGS: readonly SettingChange[] = [
  ...of('processors.tail_sampling', [
    ...[
      'usetracestate', 'recordpolicy', 'metricstatcountspanssampled', 'metricstatcountbytessampled',
    ].map((gate) => ours(gate, gateInstead(gate))),
    ...[
      'policies[].composite.fair', 'policies[].dry_run', 'max_bytes', 'decision_quiet_period',
      'stress_relief', 'detect_split_traces', 'journal', 'peers',
    ].map((path) => ours(path, { instead: 'leave it out, or use CollectorImage.runtime()' })),
  ]),
];
