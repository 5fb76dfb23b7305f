import { Duration, type Chart } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import { GatewayDeployment, TailSamplingGateway } from '../../../src';
import { complaints } from '../../synthesized';

function sampler(grace: number, props: object = {}) {
  return complaints((chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', {
      exportTo,
      policies,
      decisionWait: Duration.seconds(10),
      tracePeers: false,
      terminationGracePeriod: Duration.seconds(grace),
      ...props,
    });
  });
}

test('less time to end than draining takes is told', () => {
  expect(sampler(30)).toEqual([
    '[telemetry/sampler] terminationGracePeriod: 30 s is shorter than draining takes: 5 s endpoint'
    + ' removal + 10 s decision wait + 10 s flush + 10 s margin = 35 s. → remove'
    + ' `terminationGracePeriod` (35 s is then written), or shorten `decisionWait`.',
  ]);
});

test('an override that makes the decision wait longer counts', () => {
  const longer = raw('processors: {tail_sampling: {decision_wait: 2m}}');
  expect(sampler(60, longer)).toEqual([expect.stringContaining('120 s decision wait')]);
  expect(sampler(145, longer)).toEqual([]);
});

test('who leaves a pool needs as long as that takes', () => {
  const pool = { tracePeers: true };
  expect(sampler(64, pool)).toEqual([
    '[telemetry/sampler] terminationGracePeriod: 64 s is shorter than draining takes: 5 s endpoint'
    + ' removal + 40 s leaving the pool + 10 s flush + 10 s margin = 65 s. → remove'
    + ' `terminationGracePeriod` (65 s is then written), or shorten `decisionWait`.',
  ]);
  expect(sampler(65, pool)).toEqual([]);
  const patient = raw('extensions: {trace_peers: {leave_timeout: 2m}}');
  expect(sampler(65, { ...pool, ...patient }))
    .toEqual([expect.stringContaining('120 s leaving the pool')]);
});

test('who holds no traces needs less', () => {
  const gateway = (grace: number) => complaints((chart: Chart) => {
    new GatewayDeployment(
      chart, 'gateway', { exportTo, terminationGracePeriod: Duration.seconds(grace) });
  });
  expect(gateway(10)).toEqual([
    '[telemetry/gateway] terminationGracePeriod: 10 s is shorter than draining takes: 5 s endpoint'
    + ' removal + 10 s flush + 10 s margin = 25 s. → remove `terminationGracePeriod` (25 s is then'
    + ' written).',
  ]);
  expect(gateway(25)).toEqual([]);
});
