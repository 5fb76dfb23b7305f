import { exportTo, policies, raw } from './props';
import { AgentDaemonSet, Discovery, Signal, TailSamplingGateway } from '../../../src';
import { complaints } from '../../synthesized';

function finds(hostname: string, tracePeers = false) {
  return complaints((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, tracePeers, discovery: Discovery.DNS,
    });
    new AgentDaemonSet(chart, 'agent', {
      forwardTo,
      signals: [Signal.TRACES],
      ...raw(`exporters: {load_balancing/sampler: {resolver: {dns: {hostname: ${hostname}}}}}`),
    });
  });
}

test('a Service with one address is no list of pods', () => {
  expect(finds('sampler.observability')).toEqual([
    '[telemetry/agent] exporters.load_balancing/sampler: the Service sampler.observability has one'
    + ' address for all of telemetry/sampler, so that traces would not be spread by trace id.'
    + ' → use the headless Service (sampler-headless), or give `forwardTo` that construct.',
  ]);
});

test('the headless Service is one', () => {
  expect(finds('sampler-headless.observability')).toEqual([]);
});

test('pods that are one sampler need no list', () => {
  expect(finds('sampler.observability', true)).toEqual([]);
});
