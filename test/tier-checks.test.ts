/** What does not work is told at synthesis, with a way out. */
import { Chart, Size } from 'cdk8s';
import { complaints } from './synthesized';
import {
  AgentDaemonSet, Availability, Backend, CollectorConfigOverrides, CollectorImage,
  GatewayDeployment, SamplingPolicy, Scaling, SecretReference, Signal, TailSamplingGateway,
} from '../src';

const policies = [SamplingPolicy.alwaysSample('all')];
const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

function gateway(props: object) {
  return (chart: Chart) => { new GatewayDeployment(chart, 'gateway', { exportTo, ...props }); };
}

function sampler(props: object) {
  return (chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, ...props });
  };
}

function overrides(text: string) {
  return gateway({ config: CollectorConfigOverrides.fromYaml(text, 'gateway.yaml') });
}

interface Mistake {
  readonly what: string;
  readonly build: (chart: Chart) => void;
  readonly says: readonly RegExp[];
}

const MISTAKES: readonly Mistake[] = [
  {
    what: 'an endpoint without its port',
    build: gateway({ exportTo: [Backend.otlp('store', { endpoint: 'store' })] }),
    says: [/otlp_grpc\/store\.endpoint: must be host:port, got "store" → .*'store:4317'/],
  },
  {
    what: 'a policy with a rate below zero',
    build: sampler({ policies: [SamplingPolicy.rateLimiting('r', { spansPerSecond: -1 })] }),
    says: [/policies\[0\]\.rate_limiting\.spans_per_second: .*got -1 → mend number 1/],
  },
  {
    what: 'two policies of one name',
    build: sampler({ policies: [...policies, ...policies] }),
    says: [/policies\[1\]\.name: must be unique.* → mend number 2/],
  },
  {
    what: 'a sampler without policies',
    build: sampler({ policies: [] }),
    says: [/policies: must hold at least one policy/],
  },
  {
    what: 'a tier that sends nowhere',
    build: (chart) => { new AgentDaemonSet(chart, 'agent', {}); },
    says: [/^\[telemetry\/agent\] forwardTo, exportTo: .*got nothing\. → give `forwardTo`/],
  },
  {
    what: 'a signal that the target does not take',
    build: (chart) => {
      const target = new GatewayDeployment(
        chart, 'gateway', { exportTo, signals: [Signal.TRACES] });
      new AgentDaemonSet(
        chart, 'agent', { forwardTo: target, signals: [Signal.TRACES, Signal.LOGS] });
    },
    says: [/signals: gateway does not take logs, which telemetry\/agent sends there\. → add logs/],
  },
  {
    what: 'a signal that no backend takes',
    build: gateway({
      signals: [Signal.LOGS],
      exportTo: [Backend.otlp('store', { endpoint: 'store:4317', signals: [Signal.TRACES] })],
    }),
    says: [/signals: must go somewhere, but no backend takes logs\. → add a backend/],
  },
  {
    what: 'more traces than the memory holds',
    build: sampler({ expectedTracesPerSecond: 50_000 }),
    says: [/memory: 50000 traces per second over 2 pods, held for 30 s, need about \d+ MiB.* → /],
  },
  {
    what: 'a disruption budget for one pod',
    build: gateway({ scaling: Scaling.fixed(1), availability: Availability.minAvailable(1) }),
    says: [/availability: a budget needs at least 2 pods, got 1.* → remove/],
  },
  {
    what: 'a disruption budget that lets no pod go',
    build: gateway({ scaling: Scaling.fixed(3), availability: Availability.minAvailable(3) }),
    says: [/availability: must let one of 3 pods go.* → use Availability\.maxUnavailable\(1\)/],
  },
  {
    what: 'a misspelled setting in raw configuration',
    build: overrides('processors:\n  batch:\n    send_batch_sise: 5\n'),
    says: [/send_batch_sise: .*did you mean send_batch_size.*\(gateway\.yaml:3\)/],
  },
  {
    what: 'raw configuration that is no YAML',
    build: overrides('processors: [\n'),
    says: [/is not YAML: .*\(gateway\.yaml:2\)/],
  },
  {
    what: 'an environment variable that the pod does not have',
    build: gateway({ exportTo: [Backend.otlp('v', { endpoint: '${env:HOST}:4317' })] }),
    says: [/needs the environment variable HOST, which is not set → give `secrets`: \{ HOST: /],
  },
  {
    what: 'two Secrets that would be one variable',
    build: gateway({
      secrets: { STORE_A_KEY: SecretReference.of('other', 'key') },
      exportTo: [Backend.otlp('s', {
        endpoint: 's:1', secretHeaders: { authorization: SecretReference.of('store', 'a-key') },
      })],
    }),
    says: [/secrets: other\/key must have .* but STORE_A_KEY is store\/a-key already\. → /],
  },
  {
    what: 'a Secret in the place of what the pod is told about itself',
    build: gateway({ secrets: { POD_IP: SecretReference.of('network', 'address') } }),
    says: [/secrets: network\/address must have .* but POD_IP is the pod's own already\. → /],
  },
  {
    what: 'a sampler that gets no traces',
    build: sampler({ signals: [Signal.LOGS] }),
    says: [/signals: must hold traces, .* got logs\. → use a GatewayDeployment/],
  },
  {
    what: 'no pods at all',
    build: gateway({ scaling: Scaling.fixed(0) }),
    says: [/scaling: must be from 1 up .* got 0\. → use Scaling\.fixed/],
  },
  {
    what: 'fewer pods at most than at least',
    build: sampler({ scaling: Scaling.horizontal({ min: 5, max: 3 }) }),
    says: [/scaling: must be from 1 up .* got 5 to 3\. → use Scaling\.fixed/],
  },
];

test.each(MISTAKES)('refuses $what', ({ build, says }) => {
  const said = complaints(build);
  expect(said).toHaveLength(says.length);
  says.forEach((pattern, index) => expect(said[index]).toMatch(pattern));
});

test('tells the mistakes of all tiers at once', () => {
  const said = complaints((chart) => {
    gateway({ exportTo: [Backend.otlp('store', { endpoint: 'store' })], cpuMillis: 1 })(chart);
    sampler({ policies: [], memory: Size.mebibytes(64) })(chart);
    new AgentDaemonSet(chart, 'agent', {});
  });
  expect(said.map((sentence) => sentence.split(': ')[0])).toEqual([
    '[telemetry/gateway] exporters.otlp_grpc/store.endpoint',
    '[telemetry/sampler] memory',
    '[telemetry/sampler] processors.tail_sampling.policies',
    '[telemetry/agent] forwardTo, exportTo',
  ]);
});

test('what only follows from another mistake is not told', () => {
  const wrongPort = Backend.otlp('typed', { endpoint: 'gateway:4318', signals: [Signal.TRACES] });
  const agent = (props: object) => complaints((chart) => {
    gateway({})(chart);
    new AgentDaemonSet(chart, 'agent', { exportTo: [wrongPort], ...props });
  });
  expect(agent({})).toEqual([expect.stringContaining('on port 4317, got "gateway:4318"')]);
  expect(agent({ memory: Size.mebibytes(64) })).toEqual([expect.stringContaining('64 MiB')]);
  const config = CollectorConfigOverrides.fromYaml('exporters: {kafka: {}}');
  expect(agent({ image: CollectorImage.k8s('0.159.0'), config }))
    .toEqual([expect.stringContaining('kafka: is not a component')]);
});
