/** The page of OpenTelemetry about gateways, item by item: docs/sources.md. */
import type { Chart } from 'cdk8s';
import { chartsOf } from './example';
import { addresses, runTier, send, Taker } from './running-tiers';
import { CollectorProcess, until } from '../../runtime/testing/collector-process';
import {
  Backend, CollectorImage, GatewayDeployment, NginxLoadBalancer, Receiver, Resolver,
  ResourceDetector, Routing, RoutingKey, SamplingPolicy, Scaling, Signal, TailSamplingGateway,
  TelemetryTarget,
} from '../../src';
import { destinations } from '../../src/graph/destinations';
import { complaints, synthesized } from '../synthesized';

const chart = chartsOf('gateway-two-tier');
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const POLICIES = [SamplingPolicy.alwaysSample('all')];
const BALANCED = 'load_balancing/others';

afterAll(() => CollectorProcess.killAll());

/** A gateway that spreads over collectors of others. */
function spreading(resolver: Resolver, options: object = {}) {
  return synthesized((at) => {
    new GatewayDeployment(at, 'gateway', {
      forwardTo: TelemetryTarget.external('others', { resolver, ...options }),
    });
  }).configOf('gateway').exporters[BALANCED];
}

describe('A2.1 a cluster or a region has one OTLP endpoint', () => {
  test('A2.1 a Service that is reached from outside leads to three collectors', () => {
    const { spec } = chart('pool').get('Service', 'front');
    expect(spec.type).toBe('LoadBalancer');
    expect(spec.ports.map(({ port }: any) => port)).toEqual([4317, 4318]);
    expect(chart('pool').get('Deployment', 'gateway').spec.replicas).toBe(3);
  });
});

describe('A2.2 NGINX stands before the collectors', () => {
  const nginx = (): string =>
    chart('pool').get('ConfigMap', 'front-config').data['nginx.conf.template'];

  test.each([
    ['gRPC', '4317', 'grpc_pass grpc://otlp_grpc', 'grpc'],
    ['HTTP', '4318', 'proxy_pass http://otlp_http', 'proxy'],
  ])('A2.2 %s comes in on %s and is passed on as it is', (_name, port, passes, word) => {
    const server = nginx().split('  server {\n').find((each) => each.includes(`listen ${port};`));
    expect(server).toContain(`${passes};`);
    expect(server).toContain(`${word}_next_upstream error timeout invalid_header http_500;`);
    expect(server).toContain(`${word}_connect_timeout 2s;`);
    expect(server).toContain(`${word}_set_header Host $host;`);
    expect(server).toContain(`${word}_set_header X-Real-IP $remote_addr;`);
    expect(server).toContain(`${word}_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`);
  });

  test('A2.2 HTTP/2 is switched on as NGINX wants it since 1.25.1', () => {
    expect(nginx()).toMatch(/listen 4317;\n +http2 on;/);
    expect(nginx()).not.toMatch(/listen .*http2/);
  });

  test('A2.2 collectors are found by name and not listed', () => {
    expect(nginx()).toContain(
      'server gateway-headless.observability.svc.cluster.local:4317 resolve;');
  });

  test('A2.2 it is refused before collectors that must see whole traces', () => {
    expect(complaints((at) => {
      const target = new TailSamplingGateway(at, 'sampler', { exportTo, policies: POLICIES });
      new NginxLoadBalancer(at, 'front', { target });
    })).toEqual([expect.stringMatching(/target: .* samples whole traces, which NGINX would tear/)]);
  });
});

describe('A2.3 a first tier routes to a second one that samples', () => {
  test('A2.3 the router balances, the sampler samples', () => {
    const router = chart('two-tier').configOf('gateway-router');
    expect(router.service.pipelines.traces.exporters).toEqual(['load_balancing/gateway-sampler']);
    expect(router.processors).not.toHaveProperty('tail_sampling');
    const sampler = chart('two-tier').configOf('gateway-sampler');
    expect(sampler.service.pipelines.traces.processors)
      .toEqual(['memory_limiter', 'tail_sampling', 'batch']);
  });

  test('A2.3 A2.6 A2.8 the router sends each trace to one sampler, and is measured', async () => {
    const config = chart('two-tier').configOf('gateway-router');
    const [router, ...samplers] = addresses(4);
    config.exporters['load_balancing/gateway-sampler'].resolver = {
      static: { hostnames: samplers },
    };
    const takers = samplers.map((address) => new Taker(address));
    await Promise.all(takers.map((taker) => taker.start()));
    await runTier(config, router);
    const traces = Array.from({ length: 40 }, (_, index) => `trace-${index}`);
    for (const span of ['a', 'b', 'c']) {
      await send(router, traces.map((trace) => ({ trace, span })));
    }
    const met = () => takers.flatMap((taker) => [...taker.traces]);
    await until('all spans', () => takers.flatMap(({ spans }) => spans).length === 120);
    expect(met()).toHaveLength(40);
    expect(new Set(met()).size).toBe(40);
    expect(takers.every(({ traces: own }) => own.size > 0)).toBe(true);
    const metrics = await (await fetch(`http://${router}:8888/metrics`)).text();
    expect(metrics).toMatch(/^otelcol_loadbalancer_num_backends\{[^}]*resolver="static"\} 3$/m);
    expect(metrics).toMatch(/^otelcol_loadbalancer_backend_latency_count\{/m);
    await Promise.all(takers.map((taker) => taker.stop()));
  });
});

test('A2.4 collectors are listed by hand, with 4317 where no port is said', () => {
  const data = chart('listed').configOf('gateway');
  expect(data.exporters[BALANCED].resolver.static.hostnames).toEqual([
    'collector-1.example.com:4317', 'collector-2.example.com:5317', 'collector-3.example.com',
  ]);
  expect(destinations(data).map(({ host, port }) => [host, port])).toEqual([
    ['collector-1.example.com', 4317], ['collector-2.example.com', 5317],
    ['collector-3.example.com', 4317],
  ]);
});

describe('A2.5 collectors are found by DNS', () => {
  test('A2.5 the port is a text, for the exporter refuses a number', () => {
    expect(chart('by-service').configOf('gateway').exporters[BALANCED].resolver.dns)
      .toEqual({ hostname: 'collectors.example.com', port: '5317' });
  });

  test('A2.5 without a port it is 4317, and looks up as often as upstream does', () => {
    expect(spreading(Resolver.dns('collectors.example.com')).resolver.dns)
      .toEqual({ hostname: 'collectors.example.com', port: '4317' });
  });

  test('A2.5 a Service that has one address is refused', () => {
    expect(complaints((at) => {
      new TailSamplingGateway(at, 'sampler', {
        exportTo, policies: POLICIES, tracePeers: false,
      });
      new GatewayDeployment(at, 'router', {
        forwardTo: TelemetryTarget.external('typed', {
          resolver: Resolver.dns('sampler.observability.svc.cluster.local'),
          insecure: true,
        }),
      });
    })).toEqual([expect.stringMatching(
      /the Service sampler\.observability\S* has one address .* → use the headless Service/)]);
  });
});

test.each([
  ['listed', 'traceID'],
  ['by-service', 'service'],
])('A2.6 the chart %s routes by %s', (name, key) => {
  expect(chart(name).configOf('gateway').exporters[BALANCED].routing_key).toBe(key);
});

test('A2.6 traces to a sampler cannot be routed by service', () => {
  expect(complaints((at) => {
    const forwardTo = new TailSamplingGateway(at, 'sampler', { exportTo, policies: POLICIES });
    new GatewayDeployment(at, 'router', {
      forwardTo, routing: Routing.byKey(RoutingKey.SERVICE),
    });
  }).join()).toMatch(/routing: sampler must be sent to by traceID, got service/);
});

test('A2.7 plain text to others is said, and TLS is what happens otherwise', () => {
  expect(chart('listed').configOf('gateway').exporters[BALANCED].protocol.otlp.tls)
    .toEqual({ insecure: true });
  expect(chart('by-service').configOf('gateway').exporters[BALANCED].protocol.otlp)
    .not.toHaveProperty('tls');
});

test('A2.8 alerts watch how many backends there are, on the tier that routes', () => {
  const rulesOf = (name: string) => JSON.stringify(chart('two-tier').get('PrometheusRule', name));
  expect(rulesOf('gateway-router')).toContain(
    'min by (pod) (otelcol_loadbalancer_num_backends{namespace=\\"observability\\",'
    + 'service=\\"gateway-router\\"}) == 0');
  expect(rulesOf('gateway-router')).toContain('CollectorBackendsDiffer');
  expect(rulesOf('gateway-sampler')).not.toContain('loadbalancer');
  expect(chart('two-tier').get('ServiceMonitor', 'gateway-router').spec.endpoints)
    .toEqual([expect.objectContaining({ port: 'metrics' })]);
});

describe('A2.9 agents and gateways each do what they are for', () => {
  test('A2.9 what is about a node is on the agent only', () => {
    const combined = chart('combined');
    expect(Object.keys(combined.configOf('agent').receivers))
      .toEqual(['otlp', 'host_metrics', 'file_log']);
    expect(combined.configOf('agent').processors).toHaveProperty('resource_detection');
    expect(Object.keys(combined.configOf('gateway').receivers)).toEqual(['otlp']);
    expect(Object.keys(combined.configOf('gateway').processors))
      .toEqual(['memory_limiter', 'batch']);
  });

  test.each<[string, object, RegExp]>([
    ['host metrics', {
      receive: [Receiver.fromYaml('host_metrics', { scrapers: { cpu: {} } }, {
        signals: [Signal.METRICS],
      })],
    }, /receivers\.host_metrics: must run once on every node/],
    ['the node\'s resource', { resourceDetection: [ResourceDetector.ENV] }, /resourceDetection: /],
  ])('A2.9 a gateway with %s is refused', (_what, props, says) => {
    expect(complaints((at: Chart) => {
      const image = CollectorImage.contrib('0.159.0');
      new GatewayDeployment(at, 'gateway', { exportTo, image, ...props });
    }).join('\n')).toMatch(says);
  });
});

describe('A2.10 every stream of metrics has one writer', () => {
  test('A2.10 streams keep to one gateway each, and traces go where there is room', () => {
    const { exporters, service: { pipelines } } = chart('combined').configOf('agent');
    expect(exporters['load_balancing/gateway'].routing_key).toBe('streamID');
    expect(pipelines.metrics.exporters).toEqual(['load_balancing/gateway']);
    expect(pipelines.traces.exporters).toEqual(['otlp_grpc/gateway']);
  });

  test('A2.10 two pods that scrape the same targets, out of order, are refused', () => {
    const scraping = (scaling: Scaling) => complaints((at) => {
      new GatewayDeployment(at, 'gateway', {
        exportTo,
        scaling,
        image: CollectorImage.contrib('0.159.0'),
        receive: [Receiver.fromYaml('prometheus', {
          config: {
            scrape_configs: [{ job_name: 'apps', static_configs: [{ targets: ['app:9090'] }] }],
          },
        }, { signals: [Signal.METRICS] })],
      });
    });
    expect(scraping(Scaling.fixed(2))).toEqual([
      expect.stringMatching(/prometheus: must scrape from one pod, .* write every series again/),
    ]);
    expect(scraping(Scaling.fixed(1))).toEqual([]);
  });

  test('A2.10 of many pods one reports the cluster', () => {
    const { receivers } = synthesized((at) => {
      new GatewayDeployment(at, 'gateway', { exportTo, clusterMetrics: {} });
    }).configOf('gateway');
    expect(receivers.k8s_cluster.k8s_leader_elector).toBe('k8s_leader_elector');
  });
});

test('A2.11 agents say from which pod, node and cluster telemetry is', () => {
  const { processors, service } = chart('combined').configOf('agent');
  expect(processors.k8s_attributes.extract.metadata)
    .toEqual(expect.arrayContaining(['k8s.pod.uid', 'k8s.node.name', 'k8s.namespace.name']));
  expect(processors.k8s_attributes.filter).toEqual({ node_from_env_var: 'NODE_NAME' });
  expect(processors.resource_detection.detectors).toEqual(['env', 'k8s_api']);
  for (const { processors: chain } of Object.values<any>(service.pipelines)) {
    expect(chain).toEqual(['memory_limiter', 'k8s_attributes', 'resource_detection', 'batch']);
  }
});

describe('A2.12 a gateway is bought with something', () => {
  test('A2.12 credentials are in one place: agents have none', () => {
    const secretsOf = (name: string) => chart('combined').podOf(name).spec.containers[0].env
      .flatMap(({ valueFrom }: any) => valueFrom?.secretKeyRef?.name ?? []);
    expect(secretsOf('gateway')).toEqual(['backend']);
    expect(secretsOf('agent')).toEqual([]);
  });

  test('A2.12 policy is in one place: tiers before the sampler have none', () => {
    expect(chart('two-tier').configOf('gateway-sampler').processors.tail_sampling.policies)
      .toEqual([{
        name: 'tenth', type: 'probabilistic', probabilistic: { sampling_percentage: 10 },
      }]);
    expect(Object.keys(chart('two-tier').configOf('gateway-router').processors))
      .toEqual(['memory_limiter', 'batch']);
  });

  test('A2.12 a tier more costs a fifth of a second, and what its pods ask for', () => {
    expect(chart('two-tier').configOf('gateway-router').processors.batch.timeout).toBe('200ms');
    expect(chart('two-tier').podOf('gateway-router').spec.containers[0].resources.requests)
      .toEqual({ cpu: '500m', memory: '512Mi' });
  });
});
