/** What does not work is told at synthesis, with a way out. */
import { Chart, Duration, Size } from 'cdk8s';
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

function agentSendsTo(endpoint: string, options: object = {}) {
  return (chart: Chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.otlp('typed', { endpoint, ...options })],
    });
  };
}

function agentFinds(resolver: string) {
  return (chart: Chart) => {
    const target = new TailSamplingGateway(chart, 'sampler', { exportTo, policies });
    new AgentDaemonSet(chart, 'agent', {
      forwardTo: target,
      signals: [Signal.TRACES],
      config: CollectorConfigOverrides.fromYaml(
        `exporters: {load_balancing/sampler: {resolver: {k8s: null, ${resolver}}}}`),
    });
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
    what: 'a port that does not exist',
    build: gateway({ grpcPort: 431_700 }),
    says: [/^\[telemetry\/gateway\] grpcPort: must be .* 1024 to 65535.*got 431700\. → leave/],
  },
  {
    what: 'a port that the pod needs for something else',
    build: gateway({ httpPort: 8888 }),
    says: [/httpPort: must differ from the other ports .* got 8888\. → /],
  },
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
    what: 'a sampler addressed by hand at the wrong port',
    build: agentSendsTo('sampler:4318', { signals: [Signal.METRICS] }),
    says: [/telemetry\/sampler takes OTLP over gRPC on port 4317, got "sampler:4318".* → give/],
  },
  {
    what: 'traces that reach a sampler by connection',
    build: agentSendsTo('sampler.observability.svc:4317'),
    says: [/sends traces by connection to telemetry\/sampler, which samples whole traces.* → /],
  },
  {
    what: 'a name with one address where one per pod is needed',
    build: agentFinds('dns: {hostname: sampler.observability, port: "4317"}'),
    says: [/the Service sampler\.observability has one address.* → use .*sampler-headless/],
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
    what: 'less time to end than draining takes',
    build: sampler({
      decisionWait: Duration.seconds(10), terminationGracePeriod: Duration.seconds(30),
    }),
    says: [/30 s is shorter than draining takes: 5 s .* \+ 10 s decision wait .* = 35 s\. → /],
  },
  {
    what: 'a decision wait that an override has made longer than the time to end',
    build: sampler({
      terminationGracePeriod: Duration.seconds(60),
      config: CollectorConfigOverrides.fromObject(
        { processors: { tail_sampling: { decision_wait: '2m' } } }),
    }),
    says: [/60 s is shorter than draining takes: .* 120 s decision wait .* = 145 s\. → /],
  },
  {
    what: 'memory that no collector can work in',
    build: gateway({ memory: Size.mebibytes(64) }),
    says: [/memory: must be at least 128 MiB .*got 64 MiB\. → /],
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
    what: 'a component that the image does not hold',
    build: gateway({
      image: CollectorImage.k8s('0.159.0'), exportTo: [Backend.fromYaml('k', 'kafka', {})],
    }),
    says: [/exporters\.kafka\/k: is not a component of otelcol-k8s .* → .*contrib/],
  },
  {
    what: 'a component that our own runtime does not hold',
    build: gateway({ exportTo: [Backend.fromYaml('datadog', 'datadog', {})] }),
    says: [/exporters\.datadog: is not a component of otelgw .* → .*contrib/],
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
    what: 'a receiver that was moved away from its Service',
    build: overrides('receivers: {otlp: {protocols: {grpc: {endpoint: "0.0.0.0:5317"}}}}'),
    says: [/must end in :4317, to which its Service leads, got "0.+:5317"\. → set `grpcPort`/],
  },
  {
    what: 'a receiver that nobody outside the pod reaches',
    build: overrides('receivers: {otlp: {protocols: {http: {endpoint: "localhost:4318"}}}}'),
    says: [/must be reached from outside its pod, got "localhost:4318"\. → /],
  },
  {
    what: 'a key in plain text',
    build: gateway({
      exportTo: [
        Backend.otlp('v', { endpoint: 'https://v.example:443', headers: { 'api-key': 'k' } }),
      ],
    }),
    says: [/headers\.api-key: must not stand .* plain text\. → give `secretHeaders`/],
  },
  {
    what: 'a key in plain text in an exporter that is given as it is',
    build: gateway({
      image: CollectorImage.datadog('7.76.0'),
      exportTo: [Backend.fromYaml('datadog', 'datadog', { api: { key: 'abc', site: 'x' } })],
    }),
    says: [/^\S+ exporters\.datadog\.api\.key: must not .* → write \$\{env:DATADOG_API_KEY\}/],
  },
  {
    what: 'a password in plain text in raw configuration',
    build: gateway({
      image: CollectorImage.contrib('0.159.0'),
      config: CollectorConfigOverrides.fromYaml(
        'extensions: {basicauth: {client_auth: {username: me, password: mine}}}\n'
        + 'service: {extensions: [health_check, basicauth]}'),
    }),
    says: [/^\S+ extensions\.basicauth\.client_auth\.password: must not .* → write /],
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
  {
    what: 'a name that no object can have',
    build: (chart) => { new AgentDaemonSet(chart, 'Agent_1', { exportTo }); },
    says: [/name: must be at most 52 lower-case letters.*got "Agent_1"\. → give `name`/],
  },
  {
    what: 'two tiers of one name',
    build: (chart) => {
      new GatewayDeployment(chart, 'a', { exportTo, name: 'gateway' });
      new GatewayDeployment(chart, 'b', { exportTo, name: 'gateway' });
    },
    says: [/^\[telemetry\/a\] name: must be unique/, /^\[telemetry\/b\] name: must be unique/],
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

test('has nothing against one pod that is sent to by connection', () => {
  expect(complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, scaling: Scaling.fixed(1) });
    new AgentDaemonSet(chart, 'agent', {
      exportTo: [Backend.otlp('typed', { endpoint: 'sampler:4317' })],
    });
  })).toEqual([]);
});
