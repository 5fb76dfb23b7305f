/** All checks over the finished app, in the order in which they are told. */
import type { Check } from './check';
import { circle } from './circle';
import { clusterIpInDnsResolver } from './cluster-ip-in-dns-resolver';
import { danglingEndpoint } from './dangling-endpoint';
import { drain } from './drain';
import { forwardedPods } from './forwarded-pods';
import { hostPorts } from './host-ports';
import { inlineSecret } from './inline-secret';
import { journalSize } from './journal-size';
import { knownNamespace } from './known-namespace';
import { listener } from './listener';
import { lostSignal } from './lost-signal';
import { memory } from './memory';
import { missingComponent } from './missing-component';
import { pinnedByClusterIp } from './pinned-by-cluster-ip';
import { policyNeverMatches } from './policy-never-matches';
import { poolRing } from './pool-ring';
import { ports } from './ports';
import { processorOrder } from './processor-order';
import { ringGeneration } from './ring-generation';
import { singleWriter } from './single-writer';
import { splitByChanges } from './split-by-changes';
import { statefulScaleIn } from './stateful-scale-in';
import { statsOnce } from './stats-once';
import { tierName } from './tier-name';
import { traceTable } from './trace-table';
import { transportSecurity } from './transport-security';
import { unknownAccount } from './unknown-account';
import { unsupportedSetting } from './unsupported-setting';
import { untakenSignal } from './untaken-signal';
import { wholeTraces } from './whole-traces';

/** What is wrong with a tier itself, whatever else is. */
export const tierChecks: readonly Check[] = [
  tierName, knownNamespace, ports, unknownAccount, memory, traceTable, journalSize, drain,
  inlineSecret,
];

/** What the image does not know; what its configuration says of such a thing only follows. */
export const imageChecks: readonly Check[] = [missingComponent, unsupportedSetting];

/** What only shows in a configuration that can be read, and between tiers. */
export const appChecks: readonly Check[] = [
  listener, processorOrder, lostSignal, policyNeverMatches, statefulScaleIn, singleWriter,
  hostPorts,
  danglingEndpoint, untakenSignal, transportSecurity, wholeTraces, clusterIpInDnsResolver,
  pinnedByClusterIp, ringGeneration, statsOnce, forwardedPods, circle,
];

/** What works, but not as somebody may think. It is told, and manifests are written. */
export const warnings: readonly Check[] = [splitByChanges, poolRing];
