import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import {
  AgentDaemonSet, CollectorImage, GatewayDeployment, Scaling, Signal, TailSamplingGateway,
} from '../../../src';
import { poolRing } from '../../../src/graph/checks/pool-ring';

const ring = (generation: number) =>
  raw(`extensions: {trace_peers: {compatibility: {ring: ${generation}}}}`);
const exporter = (yaml: string) => raw(`exporters: {load_balancing/sampler: ${yaml}}`);
const contrib = (version: string) => ({ image: CollectorImage.contrib(version) });

/** What is told of senders with `senders`, one after the other, to a sampler with `props`. */
function said(senders: readonly object[], props: object = {}): string[] {
  const tiers = tiersOf((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', {
      exportTo, policies, signals: [Signal.TRACES], scaling: Scaling.fixed(3), ...props,
    });
    senders.forEach((sender, i) => new GatewayDeployment(chart, `router-${i}`, {
      forwardTo, signals: [Signal.TRACES], ...sender,
    }));
    new AgentDaemonSet(chart, 'agent', { exportTo, signals: [Signal.TRACES] });
  });
  return tiers.flatMap((tier) => poolRing(tier, tiers));
}

test('a sender with an older ring than the pool is told of, with what to do', () => {
  expect(said([contrib('0.145.0')])).toEqual([
    'exporters.loadbalancing/sampler: should choose pods of telemetry/sampler as they do'
    + ' themselves, by hash ring 3 of port 4317, got 2 of port 4317: nothing is split, but nearly'
    + ' all spans go to another pod first.'
    + '\n→ give telemetry/sampler `config` CollectorConfigOverrides.fromYaml(\'extensions:'
    + ' {trace_peers: {compatibility: {ring: 2}}}\').',
  ]);
});

test.each<[string, object[], object]>([
  ['all are of this package', [{}, {}], {}],
  ['the pool is told which ring the sender has', [contrib('0.145.0')], ring(2)],
  ['the sender has the ring of the pool', [contrib('0.159.0')], {}],
  ['the sender is told which ring the pool has', [exporter('{compatibility: {ring: 2}}')], ring(2)],
  ['nobody knows what the sender is',
    [{ image: CollectorImage.custom({ image: 'example.com/otelcol:7' }) }], {}],
  ['what is routed otherwise takes a hop in any case',
    [exporter('{routing_key: service, compatibility: {ring: 2}}')], {}],
  ['pods are no pool', [contrib('0.145.0')], { tracePeers: false }],
  ['nobody knows whether pods are a pool', [contrib('0.145.0')], raw(
    'processors: {tail_sampling: {peers: "${env:POOL}"}}')],
  ['there is one pod', [contrib('0.145.0')], { tracePeers: true, scaling: Scaling.fixed(1) }],
])('nothing is told where %s', (_, senders, props) => {
  expect(said(senders, props)).toEqual([]);
});

test('a pool that is left behind is told of by each sender, once it is so for all of them', () => {
  expect(said([{}, contrib('0.159.0')], ring(2))).toEqual([1, 2].map(() =>
    expect.stringContaining('by hash ring 2 of port 4317, got 3 of port 4317')));
});

test('of senders that differ, the others\' image is the way out', () => {
  expect(said([{}, contrib('0.145.0')])).toEqual([
    expect.stringContaining(
      '→ give telemetry/router-1 the `image` of the others that send to telemetry/sampler.'),
  ]);
});

test('pods that are called by another port are other members of the ring', () => {
  const ports = (list: string) => exporter(`{resolver: {k8s: {ports: ${list}}}}`);
  expect(said([ports('[4318]')])).toEqual([
    expect.stringMatching(
      /by hash ring 3 of port 4317, got 3 of port 4318: .*\n→ give both `resolver`s the same port/),
  ]);
  expect(said([ports('[4317, 4318]')])).toEqual([
    expect.stringContaining('got 3 of port 4317 and 4318'),
  ]);
});
