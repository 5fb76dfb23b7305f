/** Manifests of agents on every node and of a pool of tail samplers, as a scene wants them. */
import { stringify } from 'yaml';
import { samplerPool } from '../../../test/fixtures/sampler-pool';
import type { KubeObject } from '../../local-cluster/kubernetes';
import { sortManifests, type Manifests } from '../../local-cluster/manifests';
import {
  accountOf, configMapOf, metadataOf, NAMESPACE, slicesReadBy,
} from '../fixtures/tier-objects';

/** How agents find samplers; by the constructs, samplers find each other in the same way. */
export type Routing = 'by trace' | 'round robin' | 'by trace, found by DNS';

/** What pods are to be. */
export interface PoolShape {
  /** Number of samplers at first. */
  readonly samplers: number;
  /** Number of samplers after they were scaled up. */
  readonly mostSamplers: number;
  /** How agents send. */
  readonly routing: Routing;
  /** Whether the manifests are what the constructs write, with their defaults. */
  readonly isConstructed: boolean;
  /** Whether constructs encrypt all connections in the cluster, with certificates of both sides. */
  readonly isEncrypted: boolean;
  /** Whether the samplers are one. */
  readonly hasPeers: boolean;
  /** Whether they keep a journal of what they hold. */
  readonly hasJournal: boolean;
  /** Time from a trace's first span to its decision, in seconds. */
  readonly decisionWaitS: number;
  /** Shortest and longest time from a trace's first span to its last one, as shares of that. */
  readonly spread: readonly [least: number, most: number];
  /** Longest time until all have heard of a change, in milliseconds; constructs have their own. */
  readonly resolverDelayMs: number;
}

/** Name of the backend. */
export const BACKEND = 'trace-store';
/** Port on which samplers take spans. */
export const OTLP_PORT = 4317;

const FEWEST_SPANS = 3;
const MOST_SPANS = 15;
/** Share of the traces that are kept if their sampler sees all of them. */
const WHOLE_PERCENT = 50;
const JOURNAL = '/var/lib/otelgw/journal';
/** The default is 5 s, half of the time in which traces are decided here. */
const RETRY = { initial_interval: '500ms', max_interval: '2s' };

const SERVICE_TELEMETRY = {
  logs: { encoding: 'json' },
  metrics: {
    readers: [{ pull: { exporter: { prometheus: { host: '${env:POD_IP}', port: 8888 } } } }],
  },
};

/**
 * Whoever has a part of a trace decides otherwise than who has all of it: traces of each size are
 * kept if all of their spans are there, and others if one span failed or if they are slow.
 */
const POLICIES = [
  { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
  { name: 'slow', type: 'latency', latency: { threshold_ms: 500 } },
  ...Array.from({ length: MOST_SPANS - FEWEST_SPANS + 1 }, (_, more) => FEWEST_SPANS + more)
    .map((size) => ({
      name: `whole-${size}`,
      type: 'and',
      and: {
        and_sub_policy: [
          {
            name: 'size',
            type: 'numeric_attribute',
            numeric_attribute: { key: 'app.trace.spans', min_value: size, max_value: size },
          },
          { name: 'all', type: 'span_count', span_count: { min_spans: size } },
          {
            name: 'some',
            type: 'probabilistic',
            probabilistic: { sampling_percentage: WHOLE_PERCENT },
          },
        ],
      },
    })),
];

function agentExporter(routing: Routing): object {
  const client = { tls: { insecure: true }, retry_on_failure: RETRY };
  if (routing === 'round robin') {
    return {
      otlp_grpc: { endpoint: `sampler:${OTLP_PORT}`, balancer_name: 'round_robin', ...client },
    };
  }
  const resolver = routing === 'by trace'
    ? { k8s: { service: 'sampler', ports: [OTLP_PORT] } }
    : { dns: { hostname: 'sampler', port: String(OTLP_PORT), interval: '1s' } };
  return { load_balancing: { resolver, protocol: { otlp: client } } };
}

function agentConfig({ routing }: PoolShape): object {
  const exporters = agentExporter(routing);
  return {
    receivers: { otlp: { protocols: { grpc: { endpoint: `0.0.0.0:${OTLP_PORT}` } } } },
    exporters,
    extensions: { health_check: { endpoint: '0.0.0.0:13133' } },
    service: {
      extensions: ['health_check'],
      telemetry: SERVICE_TELEMETRY,
      pipelines: { traces: { receivers: ['otlp'], exporters: Object.keys(exporters) } },
    },
  };
}

function samplerConfig(shape: PoolShape): object {
  const { hasPeers, hasJournal, decisionWaitS, resolverDelayMs } = shape;
  const peers = {
    trace_peers: {
      address: '${env:POD_IP}',
      resolver: { k8s: { service: 'sampler', ports: [OTLP_PORT] } },
      resolver_delay: `${resolverDelayMs}ms`,
    },
  };
  return {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: '${env:POD_IP}:' + String(OTLP_PORT) } } },
    },
    processors: {
      tail_sampling: {
        ...hasPeers && { peers: 'trace_peers' },
        ...hasJournal && { journal: { directory: JOURNAL } },
        decision_wait: `${decisionWaitS}s`,
        policies: POLICIES,
      },
    },
    exporters: {
      otlp_grpc: {
        endpoint: `${BACKEND}:4317`, tls: { insecure: true }, retry_on_failure: RETRY,
      },
    },
    extensions: {
      health_check: { endpoint: '${env:POD_IP}:13133' }, ...hasPeers && peers,
    },
    service: {
      extensions: ['health_check', ...hasPeers ? ['trace_peers'] : []],
      telemetry: SERVICE_TELEMETRY,
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['tail_sampling'], exporters: ['otlp_grpc'] },
      },
    },
  };
}

/** Whoever holds traces is given the time to decide them and to hand over what it knows. */
function template(name: string, { decisionWaitS, resolverDelayMs }: PoolShape): object {
  const isAgent = name === 'agent';
  const leaveS = isAgent ? 0 : Math.ceil(decisionWaitS + 2 * resolverDelayMs / 1000 + 12);
  return {
    metadata: { labels: { app: name } },
    spec: {
      serviceAccountName: name,
      terminationGracePeriodSeconds: leaveS + 15,
      containers: [{
        name: 'collector',
        image: 'example/otelgw:1',
        args: ['run', '--config', '/etc/otelgw/collector.yaml', '--drain-delay', '1s',
          '--shutdown-timeout', '12s'],
        ports: [
          {
            name: 'otlp-grpc', containerPort: OTLP_PORT, ...isAgent && { hostPort: OTLP_PORT },
          },
          { name: 'health', containerPort: 13133 },
        ],
        env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        readinessProbe: {
          httpGet: { path: '/', port: 'health' }, periodSeconds: 1, failureThreshold: 2,
        },
        volumeMounts: [
          { name: 'config', mountPath: '/etc/otelgw' },
          { name: 'journal', mountPath: JOURNAL },
        ],
      }],
      volumes: [
        { name: 'config', configMap: { name: `${name}-config` } },
        { name: 'journal', emptyDir: {} },
      ],
    },
  };
}

/** All objects. */
export function chaosManifests(shape: PoolShape): Manifests {
  if (shape.isConstructed) return constructed(shape);
  return sortManifests([
    configMapOf('agent', stringify(agentConfig(shape))),
    configMapOf('sampler', stringify(samplerConfig(shape))),
    accountOf('agent'),
    accountOf('sampler'),
    ...slicesReadBy('agent', 'sampler'),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadataOf('sampler'),
      spec: {
        clusterIP: 'None',
        selector: { app: 'sampler' },
        ports: [{ name: 'otlp-grpc', port: OTLP_PORT }],
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadataOf('sampler'),
      spec: {
        replicas: shape.samplers,
        serviceName: 'sampler',
        podManagementPolicy: 'Parallel',
        template: template('sampler', shape),
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: metadataOf('agent'),
      spec: { template: template('agent', shape) },
    },
  ] as readonly KubeObject[]);
}

function constructed(shape: PoolShape): Manifests {
  return sortManifests(samplerPool({
    namespace: NAMESPACE,
    backend: `${BACKEND}:4317`,
    samplers: shape.samplers,
    decisionWaitS: shape.decisionWaitS,
    hasPeers: shape.hasPeers,
    isInTurn: shape.routing === 'round robin',
    isDns: shape.routing === 'by trace, found by DNS',
    isEncrypted: shape.isEncrypted,
    hasJournal: shape.hasJournal,
    spans: [FEWEST_SPANS, MOST_SPANS],
    wholePercent: WHOLE_PERCENT,
  }) as readonly KubeObject[]);
}
