/** Values that no prop can have: what somebody writes who does not check types. */
import { Chart, Duration, Size } from 'cdk8s';
import { complaints, synthesized } from './synthesized';
import {
  AgentDaemonSet, Availability, Backend, CollectorConfigOverrides, CollectorImage,
  GatewayDeployment, Placement, Processor, Resolver, Retry, SamplingPolicy, SecretReference,
  SendingQueue, TailSamplingGateway,
} from '../src';

const policies = [SamplingPolicy.alwaysSample('all')];
const store = Backend.otlp('store', { endpoint: 'store:4317' });

type Props = Record<string, any>;

function gatewaySays(props: Props): string[] {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo: [store], ...props });
  });
}

function samplerSays(props: Props): string[] {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo: [store], policies, ...props });
  });
}

test.each<[Props, RegExp]>([
  [{ exportTo: store }, /exportTo: must be a list of Backends, got a Backend\. → give `exp/],
  [{ exportTo: undefined, forwardTo: store }, /forwardTo: must be a gateway .*, got a Backend\./],
  [{ exportTo: undefined, forwardTo: 'a:1' }, /forwardTo: must be a gateway .*, got "a:1"\./],
  [{ memory: 512 }, /memory: must be a Size of whole mebibytes, got 512\. → .*Size\.mebibytes/],
  [{ memory: Size.kibibytes(1500) }, /memory: must be a Size of whole mebibytes, got a Size\./],
  [{ cpuMillis: 0.5 }, /cpuMillis: must be a whole number from 1 on, got 0\.5\./],
  [{ scaling: 3 }, /scaling: must be a Scaling, got 3\. → give `scaling` Scaling\.fixed\(2\)/],
  [{ signals: [] }, /signals: must be a list of one or more of traces, metrics, logs, each once/],
  [{ signals: ['traces', 'traces'] }, /signals: must be .* each once, got \["traces","traces"\]/],
  [{ image: 'otel/collector:1' }, /image: must be a CollectorImage, got "otel\/collector:1"\./],
  [{ config: { processors: {} } }, /config: must be CollectorConfigOverrides, got /],
  [{ monitoring: true }, /monitoring: must be a Monitoring, got true\./],
  [{ terminationGracePeriod: Duration.millis(500) }, /must be a Duration of at least 1 whole/],
  [{ secrets: { 'a-b': SecretReference.of('a', 'b') } }, /secrets: must be .*letters, digits/],
  [{ secrets: { A: SecretReference.of('', 'b') } }, /secrets: "\/b" must be the name of a Secret/],
  [{ exportTo: [store, store] }, /exportTo: "store" must be the name of one backend only/],
  [{ exportTo: [Backend.otlp('a b', { endpoint: 'c:1' })] }, /names of backends must be/],
  [{ image: CollectorImage.contrib('latest') }, /image: must have a version .*, got "latest"/],
  [{ image: CollectorImage.contrib('v0.159.0') }, /image: must have a version .* without v/],
  [{ image: CollectorImage.custom({ image: 'a b' }) }, /image: must be the name of an image/],
  [{ placement: Placement.onNodes({ pool: true as any }) }, /must name labels of nodes/],
  [{
    placement: Placement.onNodes({}, { tolerations: [{ key: 'a', effect: 'noSchedule' }] }),
  }, /placement: effect must be one of NoSchedule, .*, got "noSchedule"/],
  [{ availability: Availability.maxUnavailable(-1) }, /availability: must be a whole/],
  [{
    config: CollectorConfigOverrides.fromYaml('processors: {memory_limiter: {limit_mib: 600}}'),
  }, /limit_mib: must be less than the 512 MiB at which the pod is killed, got 600\. → raise/],
  [{
    config: CollectorConfigOverrides.fromYaml('service: {telemetry: {metrics: {readers: ['
      + '{pull: {exporter: {prometheus: {host: "", port: 9999}}}}]}}}'),
  }, /prometheus\.port: must be 8888, to which its Service leads, got 9999\. → leave/],
])('refuses what no gateway can have, %#', (props, pattern) => {
  expect(gatewaySays(props)).toEqual([expect.stringMatching(pattern)]);
});

test.each<[string, Props, RegExp]>([
  ['grpc://store:4317', {}, /must be host:port, or begin with http.*, got "grpc:\/\/store:4317"/],
  ['store :4317', {}, /endpoint: must not hold spaces/],
  ['store:4317', { retry: 5 }, /exportTo \(store\): retry: must be a Retry, got 5\. → /],
  ['store:4317', { secretHeaders: { key: 'abc' } }, /secretHeaders: must be SecretReferences by/],
  ['store:4317', { headers: { 'x y': 'z' } }, /headers: must be texts by names of headers/],
])('refuses a backend at %s with %j', (endpoint, options, pattern) => {
  const exportTo = [Backend.otlp('store', { endpoint, ...options })];
  expect(gatewaySays({ exportTo })).toEqual([expect.stringMatching(pattern)]);
});

test('an HTTP endpoint is given without the paths that are added to it', () => {
  const exportTo = [Backend.otlpHttp('store', { endpoint: 'http://store:4318/v1/traces' })];
  expect(gatewaySays({ exportTo })).toEqual([
    expect.stringMatching(/endpoint: must be without the path of a signal, .* → .*:4318'/),
  ]);
});

test('a backend of several addresses needs to know how they are found', () => {
  const exportTo = [Backend.loadBalanced('store', {} as any)];
  expect(gatewaySays({ exportTo })).toEqual([
    expect.stringMatching(/exportTo \(store\): resolver: must be a Resolver, got nothing\. → /),
  ]);
  const resolver = Resolver.dns('http://store:4317');
  expect(gatewaySays({ exportTo: [Backend.loadBalanced('store', { resolver })] })).toEqual([
    expect.stringMatching(/dns\.hostname: must name a host, without scheme and port/),
  ]);
});

test.each<[Props, RegExp]>([
  [{ policies: undefined }, /policies: must be a list of SamplingPolicies, got nothing\. → /],
  [{ policies: policies[0] }, /policies: must be a list .*, got a SamplingPolicy\. → /],
  [{ policies: [{ name: 'a', type: 'always_sample' }] }, /policies: must be a list of Sampl/],
  [{ policies: [SamplingPolicy.probabilistic('p', {})] },
    /policies\[0\]\.samplingPercentage: must be a percentage from 0 to 100, got nothing\. → /],
  [{ policies: [SamplingPolicy.latency('p', { threshold: 5 as any })] },
    /policies\[0\]\.threshold: must be a Duration of whole milliseconds, got 5\. → /],
  [{
    policies: [SamplingPolicy.and('p', [
      SamplingPolicy.not('n', SamplingPolicy.probabilistic('q', {})),
    ])],
  }, /policies\[0\]\.samplingPercentage: must be a percentage/],
  [{
    policies: [SamplingPolicy.stringAttribute(
      'p', { key: 'k', values: ['(?!a)'], enabledRegexMatching: true })],
  }, /values\[0\]: must be a regular expression of RE2, .* → mend number 1/],
  [{ decisionWait: 10 }, /decisionWait: must be a Duration of at least 1 whole second, got 10\./],
  [{ decisionWait: Duration.millis(500) }, /decisionWait: must be .*, got a Duration\. → /],
  [{ numTraces: 0 }, /numTraces: must be a whole number from 1 on, got 0\. → /],
  [{ numTraces: 100, expectedTracesPerSecond: 50 }, /numTraces: must be at least 750, .*got 100\./],
  [{ discovery: 'DNS' }, /discovery: must be one of kubernetes-api, dns, got "DNS"\. → /],
  [{ policies: [SamplingPolicy.composite('c', { maxTotalSpansPerSecond: 9 } as any)] },
    /policies\[0\]\.parts: must be a list of parts, each with a policy, got nothing\. → /],
  [{
    policies: [SamplingPolicy.composite('c', {
      maxTotalSpansPerSecond: 9,
      parts: [
        { policy: policies[0], percent: 60 },
        { policy: SamplingPolicy.latency('l', { threshold: Duration.seconds(1) }), percent: 41 },
      ],
    })],
  }, /policies\[0\]\.parts: percents must be at most 100 together, got 101/],
])('refuses what no sampler can have, %#', (props, pattern) => {
  expect(samplerSays(props)).toEqual([expect.stringMatching(pattern)]);
});

test.each(['(?i)error', '(?P<code>5..)', '\\Q(a\\E', '[[:alpha:]]+', '^/api/v\\d', 'a\\\\1'])(
  'takes the regular expression %s', (value) => {
    expect(samplerSays({
      policies: [SamplingPolicy.stringAttribute(
        'p', { key: 'k', values: [value], enabledRegexMatching: true })],
    })).toEqual([]);
  });

function forward(...edges: readonly (readonly [string, string])[]): string[] {
  return complaints((chart: Chart) => {
    for (const [from, to] of edges) {
      new GatewayDeployment(chart, from, {
        exportTo: [Backend.otlp('next', { endpoint: `${to}:4317` })],
      });
    }
  });
}

test('telemetry does not come back to where it was', () => {
  expect(forward(['a', 'a'])).toEqual([
    expect.stringMatching(/^\[telemetry\/a\] exporters\.otlp_grpc\/next: .*\/a → telemetry\/a\./),
  ]);
  expect(forward(['one', 'two'], ['two', 'three'], ['three', 'one'], ['four', 'two'])).toEqual([
    expect.stringMatching(/goes round \S+\/one → \S+\/two → \S+\/three → \S+\/one\./),
  ]);
  expect(forward(['one', 'three'], ['two', 'three'], ['three', 'store'])).toEqual([]);
});

test('a name that is one letter off is a slip, unless its namespace stands there', () => {
  expect(forward(['gateway', 'store'], ['edge', 'gatway'])).toEqual([
    expect.stringMatching(/got "gatway:4317" \(did you mean gateway\?\)\. → .*gatway\.obs/),
  ]);
  expect(forward(['gateway', 'store'], ['edge', 'gatway.observability.svc'])).toEqual([]);
  expect(forward(['gateway1', 'store'], ['edge', 'gateway2'])).toEqual([]);
});

test('whoever is sent to from a namespace has one', () => {
  expect(complaints((chart, app) => {
    const target = new GatewayDeployment(new Chart(app, 'plain'), 'gateway', { exportTo: [store] });
    new AgentDaemonSet(chart, 'agent', { forwardTo: target, signals: target.signals.slice(0, 1) });
  })).toEqual([expect.stringMatching(/plain\/gateway must be in a known namespace .*got none\./)]);
});

test('props that are missing altogether are told like any other', () => {
  expect(complaints((chart) => { new AgentDaemonSet(chart, 'agent', undefined as any); })).toEqual([
    expect.stringMatching(/^\[telemetry\/agent\] forwardTo, exportTo: there must be somewhere/),
  ]);
});

test.each<[object, RegExp]>([
  [{ transportSecurty: 1 },
    /transportSecurty: must be one of the props here \(did you mean transportSecurity\?\), got 1/],
  [{ exportTo: [Backend.otlp('s', { endpoint: 's:1', secretHeader: {} } as never)] },
    /exportTo \(s\): secretHeader: must be one of the props here \(did you mean secretHeaders\?\)/],
  [{ protocols: null }, /protocols: must be a list of grpc and http, one at least, got null/],
  [{ protocols: [] }, /protocols: must be a list of grpc and http, one at least, got \[\]/],
  [{ receive: [null] }, /receive: must be a list of Receivers, got/],
  [{ process: 'x' }, /process: must be a list of Processors, got "x"/],
  [{ batch: 5 }, /batch: must be options of batches, got 5/],
  [{ queue: SendingQueue.inMemory() },
    /queue: is for what goes to `forwardTo`, which is not there\. → give `queue` to a backend/],
  [{ retry: Retry.never() }, /retry: is for what goes to `forwardTo`, which is not there/],
  [{ secrets: { A: SecretReference.of(undefined as never, 'k') } },
    /must be the name of a Secret and a key in it/],
  [{ config: CollectorConfigOverrides.fromYaml('receivers: foo') }, /receivers: must be a map/],
  [{ config: CollectorConfigOverrides.fromYaml('extensions: x') }, /extensions: must be a map/],
])('%j is told, and nothing breaks', (props, sentence) => {
  expect(gatewaySays(props).join('\n')).toMatch(sentence);
});

test('two of a kind have names of their own', () => {
  const objects = synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', {
      exportTo: [store],
      process: [
        Processor.resource({ upsert: { a: 'b' } }), Processor.resource({ remove: ['c'] }),
      ],
    });
  });
  const { processors, service } = objects.configOf('gateway');
  expect(Object.keys(processors)).toEqual(['memory_limiter', 'resource', 'resource/2', 'batch']);
  expect(service.pipelines.traces.processors).toEqual(Object.keys(processors));
});
