import { exportTo } from './props';
import { AgentDaemonSet, GatewayDeployment } from '../../../src';
import { complaints } from '../../synthesized';

function pair(gateway: object, agent: object = {}) {
  return complaints((chart) => {
    const forwardTo = new GatewayDeployment(chart, 'gateway', { exportTo, ...gateway });
    new AgentDaemonSet(chart, 'agent', { forwardTo, ...agent });
  });
}

test('a gateway that names pods needs agents that tell it their addresses', () => {
  expect(pair({ kubernetesAttributes: {} })).toEqual([
    '[telemetry/agent] processors: must say which pods telemetry is of, for telemetry/gateway looks'
    + ' them up by what it says, got no k8s_attributes. → give this agent `kubernetesAttributes: {'
    + ' passthrough: true }`, or move `kubernetesAttributes` here.',
  ]);
});

test.each([
  ['agents pass addresses on', { kubernetesAttributes: {} },
    { kubernetesAttributes: { passthrough: true } }],
  ['agents look pods up themselves', { kubernetesAttributes: {} }, { kubernetesAttributes: {} }],
  ['applications send to it, too', { kubernetesAttributes: { isByConnection: true } }, {}],
  ['it names none', {}, {}],
])('nothing is said where %s', (_, gateway, agent) => {
  expect(pair(gateway, agent)).toEqual([]);
});
