import { Duration } from 'cdk8s';
import { agentSays, agentWith, mounted } from './feature-charts';
import { CollectorImage, HostScraper } from '../../src';

test('looks at what needs no privilege, through the mounted root of the node', () => {
  const agent = agentWith({ hostMetrics: {} });
  const { host_metrics: config } = agent.configOf('agent').receivers;
  expect(config).toMatchObject({ collection_interval: '30s', root_path: '/hostfs' });
  expect(Object.keys(config.scrapers).sort())
    .toEqual(['cpu', 'disk', 'filesystem', 'load', 'memory', 'paging']);
  expect(mounted(agent, 'agent', 'hostfs')).toEqual({
    name: 'hostfs',
    mountPath: '/hostfs',
    readOnly: true,
    mountPropagation: 'HostToContainer',
    hostPath: { path: '/' },
  });
  const { spec } = agent.podOf('agent');
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 });
  expect([spec.hostNetwork, spec.hostPID]).toEqual([undefined, undefined]);
  expect(agent.configOf('agent').service.pipelines.metrics.receivers)
    .toEqual(['otlp', 'host_metrics']);
  expect(agent.configOf('agent').service.pipelines.traces.receivers).toEqual(['otlp']);
});

test.each([
  ['/', false], ['/var', false], ['/var/lib/kubelet', false], ['/home/dev/proc', false],
  ['/var/lib/kubelet/pods/a/volumes/b', true], ['/dev/shm', true], ['/sys/fs/bpf', true],
  ['/run/containerd/io.containerd.runtime.v2.task/k8s.io/a/rootfs', true],
  ['/hostfs/var/lib/kubelet/pods/a', true], ['/hostfs/data', false],
])('the mount point %s is one of containers or the kernel: %s', (path, isLeftOut) => {
  const { filesystem } = agentWith({ hostMetrics: {} })
    .configOf('agent').receivers.host_metrics.scrapers;
  const { match_type: matchType, mount_points: [pattern] } = filesystem.exclude_mount_points;
  expect(matchType).toBe('regexp');
  expect(new RegExp(pattern).test(path)).toBe(isLeftOut);
});

test('sees network interfaces of the node from its network only, one pod at a time', () => {
  const agent = agentWith({
    hostMetrics: { interval: Duration.minutes(1), scrapers: [HostScraper.NETWORK] },
  });
  expect(agent.configOf('agent').receivers.host_metrics)
    .toEqual({ collection_interval: '1m', root_path: '/hostfs', scrapers: { network: {} } });
  expect(agent.podOf('agent').spec)
    .toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
  expect(agent.get('DaemonSet', 'agent').spec.updateStrategy.rollingUpdate.maxSurge).toBe(0);
});

test('does not complain about processes of others', () => {
  const agent = agentWith({ hostMetrics: { scrapers: [HostScraper.PROCESS] } });
  expect(agent.configOf('agent').receivers.host_metrics.scrapers)
    .toEqual({ process: { mute_process_all_errors: true } });
  expect(agent.podOf('agent').spec.hostPID).toBeUndefined();
});

test.each([['0.159.0', 'host_metrics'], ['0.150.0', 'hostmetrics']])(
  'is called by the name that %s knows', (version, type) => {
    const agent = agentWith({ hostMetrics: {}, image: CollectorImage.contrib(version) });
    expect(Object.keys(agent.configOf('agent').receivers)).toEqual(['otlp', type]);
  });

test('must look at something', () => {
  expect(agentSays({ hostMetrics: { scrapers: [] } })).toEqual([
    expect.stringMatching(/receivers\.host_metrics\.scrapers: must hold at least one scraper/),
  ]);
});
