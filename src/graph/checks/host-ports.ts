/** A port of a node belongs to one pod. */
import type { Check } from './check';
import type { TierFacts } from '../tier-facts';

/** Ports of nodes that two pods would want at the same time. */
export const hostPorts: Check = (tier, app) => [...rolledOut(tier), ...shared(tier, app)];

function rolledOut({ hostPorts: taken, isSurging, workload }: TierFacts): string[] {
  return taken.length === 0 || !isSurging ? [] : [
    `hostPorts: ${taken.join(' and ')} of a node must be free for a new pod before the old one is`
    + ` gone, got a ${workload} with a surge: its roll-out would never end.`
    + '\n→ leave `hostPorts` out: Services lead to the pods, on their own node for agents.',
  ];
}

function shared(tier: TierFacts, app: readonly TierFacts[]): string[] {
  const others = app.slice(0, app.indexOf(tier)).filter((other) => mayMeet(tier, other));
  return tier.hostPorts.flatMap((port) => {
    const other = others.find((each) => each.hostPorts.includes(port));
    return other === undefined ? [] : [
      `hostPorts: must be free on every node that the pods may stand on, but ${other.path} takes`
      + ` one, too, got ${port}.\n→ give one of them other \`hostPorts\`, or nodes of its own by`
      + ' `placement`.',
    ];
  });
}

/** Whether pods of both tiers may stand on one node: none of its labels keeps them apart. */
function mayMeet(
  { nodeLabels: one = {} }: TierFacts, { nodeLabels: two = {} }: TierFacts,
): boolean {
  return Object.entries(one).every(([label, value]) =>
    two[label] === undefined || two[label] === value);
}
