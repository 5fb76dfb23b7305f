import { exportTo } from './props';
import { AgentDaemonSet, Backend, GatewayDeployment, Signal } from '../../../src';
import { complaints } from '../../synthesized';

function sends(taken: Signal[], sent: Signal[]) {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, signals: taken });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.otlp('typed', { endpoint: 'gateway:4317', signals: sent })],
    });
  });
}

test('a signal that the target does not take is told', () => {
  expect(sends([Signal.TRACES], [Signal.TRACES, Signal.LOGS])).toEqual([
    '[telemetry/agent] signals: telemetry/gateway does not take logs, which telemetry/agent sends'
    + ' there. → add logs to the `signals` of telemetry/gateway, or leave them out here.',
  ]);
});

test('nothing is said where the target takes all of them', () => {
  expect(sends([Signal.TRACES, Signal.LOGS], [Signal.TRACES, Signal.LOGS])).toEqual([]);
});
