import type { Chart } from 'cdk8s';
import { exportTo, policies } from './props';
import {
  AgentDaemonSet, GatewayDeployment, ServiceAccount, Signal, TailSamplingGateway,
} from '../../../src';
import { complaints } from '../../synthesized';

function agentAs(name: string, isRouting = false) {
  return complaints((chart: Chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo });
    const forwardTo = isRouting
      ? new TailSamplingGateway(chart, 'sampler', { exportTo, policies }) : undefined;
    new AgentDaemonSet(chart, 'agent', {
      forwardTo,
      signals: [Signal.TRACES],
      exportTo: isRouting ? [] : exportTo,
      serviceAccount: ServiceAccount.existing(name),
    });
  });
}

test('a slip in the name of an account is told', () => {
  expect(agentAs('gatway')).toEqual([
    '[telemetry/agent] serviceAccount: must be one that exists, got "gatway" (did you mean'
    + ' gateway?). → give the account of that tier, or leave `serviceAccount` out.',
  ]);
});

test('what one tier needs is not given to all pods of a namespace', () => {
  expect(agentAs('default', true)).toEqual([
    '[telemetry/agent] serviceAccount: must be an account of the tier\'s own, for all pods of the'
    + ' namespace would be given what exporters.load_balancing/sampler needs, got "default".'
    + ' → leave `serviceAccount` out, or give another one.',
  ]);
});

test.each([
  ['the account of another tier', 'gateway', false],
  ['one from elsewhere', 'collectors', true],
  ['that of everybody, without any permission', 'default', false],
])('nothing is said of %s', (_, name, isRouting) => {
  expect(agentAs(name, isRouting)).toEqual([]);
});
