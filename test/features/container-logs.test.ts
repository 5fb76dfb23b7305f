import { agentWith, mounted } from './feature-charts';
import { CollectorImage, type ContainerLogsOptions } from '../../src';

function logsOf(containerLogs: ContainerLogsOptions) {
  return agentWith({ containerLogs }).configOf('agent').receivers.file_log;
}

test('reads logs of all containers but its own as root, and keeps how far it read', () => {
  const agent = agentWith({ containerLogs: {} });
  const { receivers, extensions, service } = agent.configOf('agent');
  expect(receivers.file_log).toEqual({
    include: ['/var/log/pods/*/*/*.log'],
    exclude: ['/var/log/pods/observability_agent-?????_*/collector/*.log'],
    start_at: 'end',
    include_file_path: true,
    include_file_name: false,
    storage: 'file_storage/checkpoints',
    retry_on_failure: { enabled: true, max_elapsed_time: '0s' },
    operators: [{ type: 'container', id: 'container-parser' }],
  });
  expect(extensions['file_storage/checkpoints'])
    .toEqual({ directory: '/var/lib/otelgw/checkpoints', recreate: true });
  expect(service.extensions).toContain('file_storage/checkpoints');
  expect(service.pipelines.logs.receivers).toEqual(['otlp', 'file_log']);
  expect(mounted(agent, 'agent', 'pod-logs')).toEqual({
    name: 'pod-logs',
    mountPath: '/var/log/pods',
    readOnly: true,
    hostPath: { path: '/var/log/pods' },
  });
  expect(mounted(agent, 'agent', 'checkpoints')).toEqual({
    name: 'checkpoints',
    mountPath: '/var/lib/otelgw/checkpoints',
    hostPath: {
      path: '/var/lib/otelgw/observability/agent/checkpoints', type: 'DirectoryOrCreate',
    },
  });
  const { securityContext, containers: [collector] } = agent.podOf('agent').spec;
  expect(securityContext).toMatchObject({ runAsNonRoot: false, runAsUser: 0, runAsGroup: 0 });
  expect(collector.securityContext.capabilities).toEqual({ drop: ['ALL'] });
});

test('lets the old pod end before the new one opens its checkpoints', () => {
  const { rollingUpdate } = agentWith({ containerLogs: {} })
    .get('DaemonSet', 'agent').spec.updateStrategy;
  expect(rollingUpdate.maxSurge).toBe(0);
});

test('without checkpoints nothing on the node is written to', () => {
  const agent = agentWith({ containerLogs: { hasCheckpoints: false } });
  const { receivers, extensions } = agent.configOf('agent');
  expect(receivers.file_log.storage).toBeUndefined();
  expect(Object.keys(extensions)).toEqual(['health_check']);
  expect(mounted(agent, 'agent', 'checkpoints')).toBeUndefined();
});

test('leaves out what it is told to besides its own logs', () => {
  const { exclude } = logsOf({ exclude: ['/var/log/pods/kube-system_*/*/*.log'] });
  expect(exclude).toEqual([
    '/var/log/pods/observability_agent-?????_*/collector/*.log',
    '/var/log/pods/kube-system_*/*/*.log',
  ]);
});

test('can read from the beginning, and other files', () => {
  expect(logsOf({ include: ['/var/log/pods/shop_*/*/*.log'], isFromBeginning: true }))
    .toMatchObject({ include: ['/var/log/pods/shop_*/*/*.log'], start_at: 'beginning' });
});

test('puts lines of one record together after the runtime\'s own words are taken off', () => {
  const { operators } = logsOf({
    lineStartPattern: '^\\d{4}"$', operators: [{ type: 'json_parser', id: 'json' }],
  });
  expect(operators).toEqual([
    { type: 'container', id: 'container-parser' },
    {
      type: 'recombine',
      id: 'lines',
      combine_field: 'body',
      // The collector makes one `$` of two.
      is_first_entry: 'body matches "^\\\\d{4}\\"$$"',
    },
    { type: 'json_parser', id: 'json' },
  ]);
});

test('follows the files to where Docker keeps them', () => {
  const agent = agentWith({ containerLogs: { isDocker: true } });
  expect(mounted(agent, 'agent', 'docker-logs'))
    .toMatchObject({ mountPath: '/var/lib/docker/containers', readOnly: true });
});

test('does not ask for what an older version cannot', () => {
  const { receivers, extensions } = agentWith({
    containerLogs: {}, image: CollectorImage.contrib('0.130.0'),
  }).configOf('agent');
  expect(Object.keys(receivers)).toEqual(['otlp', 'filelog']);
  expect(extensions['file_storage/checkpoints'])
    .toEqual({ directory: '/var/lib/otelgw/checkpoints' });
});
