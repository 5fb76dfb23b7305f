import { exportTo } from './props';
import { AgentDaemonSet, GatewayDeployment } from '../../../src';
import { complaints } from '../../synthesized';

function named(...names: string[]) {
  return complaints((chart) => {
    names.forEach((name, index) => new GatewayDeployment(chart, `g${index}`, { exportTo, name }));
  });
}

test('two tiers of one name are told, both', () => {
  expect(named('gateway', 'gateway')).toEqual([
    '[telemetry/g0] name: must be unique in its chart, but telemetry/g1 is named gateway, too.'
    + ' → give one of them another `name`.',
    '[telemetry/g1] name: must be unique in its chart, but telemetry/g0 is named gateway, too.'
    + ' → give one of them another `name`.',
  ]);
});

test('the name of another tier\'s Service is taken, too', () => {
  expect(named('gateway', 'gateway-headless')).toEqual([
    '[telemetry/g1] name: must be unique in its chart, but telemetry/g0 is named gateway and has a'
    + ' Service gateway-headless, too. → give one of them another `name`.',
  ]);
});

test('a name that no object can have is told', () => {
  expect(complaints((chart) => { new AgentDaemonSet(chart, 'Agent_1', { exportTo }); })).toEqual([
    '[telemetry/Agent_1] name: must be at most 52 lower-case letters, digits and -, beginning with'
    + ' a letter, got "Agent_1". → give `name`, or another id to the construct.',
  ]);
});

test('different names are right', () => {
  expect(named('gateway', 'gateway-2', 'a')).toEqual([]);
});
