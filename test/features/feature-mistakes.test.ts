/** What no feature can do is told, with a way out. */
import { agentSays, gatewaySays, TRACES_ONLY } from './feature-charts';
import { LogLevel, MetricLevel, Signal } from '../../src';
import { clusterParts } from '../../src/features/cluster-features';

test.each([
  ['hostMetrics', 'metrics'], ['kubeletMetrics', 'metrics'], ['clusterMetrics', 'metrics'],
  ['containerLogs', 'logs'], ['kubernetesEvents', 'logs'],
])('%s needs somewhere to send %s to', (feature, signal) => {
  expect(agentSays({ ...TRACES_ONLY, [feature]: {} })).toEqual([
    expect.stringMatching(new RegExp(
      `${feature}: makes ${signal}, but agent sends only traces anywhere\\. → add ${signal} to`)),
  ]);
});

test('a tier that sends nothing anywhere is told so once', () => {
  expect(agentSays({ exportTo: [], hostMetrics: {}, containerLogs: {} })).toHaveLength(1);
});

test('profiles are refused with the reason', () => {
  expect(agentSays({ profiling: true })).toEqual([
    expect.stringMatching(/profiling: must be left out, for no tier carries profiles.* → run that/),
  ]);
  expect(agentSays({ profiling: false })).toEqual([]);
});

test('a tier tells of itself what it is told to', () => {
  const facts = {
    name: 'agent', component: 'agent', signals: Object.values(Signal), maxPods: Infinity,
  } as const;
  const parts = clusterParts(
    { selfTelemetry: { logLevel: LogLevel.WARN, metricLevel: MetricLevel.DETAILED } }, facts);
  expect(parts.map(({ telemetry }) => telemetry).filter((one) => one !== undefined))
    .toEqual([{ logs: { level: 'warn' }, metrics: { level: 'detailed' } }]);
});

test.each<[object, RegExp]>([
  [{ clusterMetrics: true }, /clusterMetrics: must be options, which are interval .*, got true/],
  [{ clusterMetrics: { intervall: 1 } }, /clusterMetrics: must be options, which are interval \(/],
  [{ clusterMetrics: { interval: 30 } }, /interval \(a Duration of at least 1 whole second\)/],
  [{ kubernetesEvents: { namespaces: 'a' } }, /kubernetesEvents: .*namespaces \(a list of texts/],
  [{ kubernetesAttributes: { extract: ['pod'] } }, /extract \(a list of KubernetesAttributes\)/],
  [{ kubernetesAttributes: { labels: [{}] } }, /labels \(a list of options with a key each\)/],
  [{ resourceDetection: 'env' }, /resourceDetection: must be a list of env, .*, got "env"/],
  [{ resourceDetection: ['k8snode'] }, /must be a list of env, system, k8s_api, .*"k8snode"/],
  [{ selfTelemetry: { logLevel: 'verbose' } }, /logLevel \(one of debug, info, warn, error\)/],
  [{ hostMetrics: {} }, /hostMetrics: must be left to agents, .* → give `hostMetrics` to the Age/],
  [{ containerLogs: {} }, /containerLogs: must be left to agents/],
])('refuses what no feature of a gateway can be, %#', (props, says) => {
  expect(gatewaySays(props)).toEqual([expect.stringMatching(says)]);
});
