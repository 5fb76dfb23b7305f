import { exportTo } from './props';
import { tiersOf } from './tiers';
import { AgentDaemonSet, GatewayDeployment, HostPorts } from '../../../src';
import { hostPorts } from '../../../src/graph/checks/host-ports';
import { complaints } from '../../synthesized';

const [one, two] = tiersOf((chart) => {
  new AgentDaemonSet(chart, 'one', { exportTo });
  new GatewayDeployment(chart, 'two', { exportTo });
});

test('a new pod beside the old one cannot have its port', () => {
  const surging = { ...one, hostPorts: [4317, 4318], isSurging: true };
  expect(hostPorts(surging, [surging])).toEqual([
    'hostPorts: 4317 and 4318 of a node must be free for a new pod before the old one is gone, got'
    + ' a DaemonSet with a surge: its roll-out would never end.\n→ leave `hostPorts` out: Services'
    + ' lead to the pods, on their own node for agents.',
  ]);
  expect(hostPorts({ ...surging, isSurging: false }, [surging])).toEqual([]);
});

function agents(first: HostPorts, second: HostPorts) {
  return complaints((chart) => {
    new AgentDaemonSet(chart, 'first', { exportTo, hostPorts: first });
    new AgentDaemonSet(chart, 'second', { exportTo, hostPorts: second });
  });
}

test('two agents on a node cannot have one port', () => {
  expect(agents(HostPorts.same(), HostPorts.at({ grpc: 4317 }))).toEqual([
    '[telemetry/second] hostPorts: must be free on every node that the pods may stand on, but'
    + ' telemetry/first takes one, too, got 4317. → give one of them other `hostPorts`, or nodes of'
    + ' its own by `placement`.',
  ]);
  expect(agents(HostPorts.same(), HostPorts.at({ grpc: 40_317 }))).toEqual([]);
});

test.each([
  [{ pool: 'a' }, { pool: 'b' }, 0],
  [{ pool: 'a' }, { pool: 'a', disk: 'ssd' }, 1],
  [{ pool: 'a' }, { disk: 'ssd' }, 1],
  [{ pool: 'a' }, undefined, 1],
])('nodes with %j and %j can be one: %i', (first, second, told) => {
  const taken = { hostPorts: [4317], isSurging: false };
  const here = { ...one, ...taken, nodeLabels: first };
  const there = { ...two, ...taken, nodeLabels: second };
  expect(hostPorts(there, [here, there])).toHaveLength(told);
  expect(hostPorts(here, [here, there])).toEqual([]);
});
