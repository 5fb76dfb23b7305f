/** Values that no factory of options can be given, by somebody who does not check types. */
import { Duration } from 'cdk8s';
import { complaints } from './synthesized';
import {
  Authentication, Backend, CertificateIssuer, CollectorImage, GatewayDeployment, Monitoring,
  Placement, Protocol, Resolver, Retry, Routing, RoutingKey, SamplingPolicy, Scaling,
  ScalingSignal, SecretReference, TailSamplingGateway, TelemetryTarget, TransportSecurity,
} from '../src';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];
const none = undefined as never;
const half = Duration.millis(0.5);

function gateway(props: object): string[] {
  return complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
  });
}

function sampler(props: object): string[] {
  return complaints((chart) => {
    new TailSamplingGateway(chart, 'sampler', { exportTo, policies, ...props });
  });
}

const external = (options: unknown, name: unknown = 'other') => gateway({
  exportTo: undefined, forwardTo: TelemetryTarget.external(name as never, options as never),
});
const over = (resolver: Resolver, options: object = {}) => gateway({
  exportTo: [Backend.loadBalanced('store', { resolver, ...options })],
});
const grown = (options: unknown) => gateway({ scaling: Scaling.horizontal(options as never) });
const retried = (retry: Retry) => gateway({
  exportTo: [Backend.otlp('store', { endpoint: 'store:4317', retry })],
});
const placed = (placement: Placement) => gateway({ placement });
const pulled = (image: CollectorImage) => gateway({ image });
const secured = (issuer: CertificateIssuer, options: object = {}) => gateway({
  transportSecurity: TransportSecurity.tls(issuer, options),
});
const watched = (options: object) => gateway({
  monitoring: Monitoring.prometheusOperator(options as never),
});
const allowed = (token: unknown) => gateway({
  transportSecurity: TransportSecurity.tls(CertificateIssuer.certManager('ca')),
  authentication: Authentication.bearerToken(token as never),
});
const kept = (policy: SamplingPolicy) => sampler({ policies: [policy] });

test.each<[string, () => string[], RegExp]>([
  ['Scaling.horizontal', () => grown(undefined),
    /scaling: must be from 1 .*, got 2 to nothing\. → /],
  ['scaleUp', () => grown({ max: 5, scaleUp: null }), /scaling\.scaleUp: must be a pace, got null/],
  ['period', () => grown({ max: 5, scaleUp: { pods: 1, period: 60 } }),
    /scaling\.scaleUp\.period: must be a Duration of at least 1 whole second, got 60\. → give/],
  ['a period of no whole second', () => grown({ max: 5, scaleUp: { pods: 1, period: half } }),
    /scaling\.scaleUp\.period: must be a Duration of .*, got a Duration/],
  ['ScalingSignal.pods', () => grown({ max: 5, signals: [ScalingSignal.pods(none, 3)] }),
    /scaling\.signals: must be by the name of a metric, got nothing\. → write ScalingSignal/],
  ['more pods than can be counted', () => grown({ max: 1e300 }),
    /whole number .*, got 2 to 1e\+300/],

  ['a target without options', () => external(undefined), /must have an endpoint or a resolver/],
  ['a target without a name', () => external({ endpoint: 'a:1' }, null),
    /forwardTo: its name: must be a name without spaces and \/, got null\. → write Telem/],
  ['signals', () => external({ endpoint: 'a:1', signals: 'x' }),
    /forwardTo \(other\): signals: must be a list of one or more of traces, .*, got "x"/],
  ['resolver', () => external({ resolver: 'x' }),
    /\(other\): resolver: must be a Resolver, got "x"/],
  ['endpoint', () => external({ endpoint: 4317 }), /endpoint: must be an address, .*, got 4317/],
  ['authentication', () => external({ endpoint: 'a:1', authentication: {} }),
    /\(other\): authentication: must be an Authentication, got \{\}/],
  ['an authority', () => external({ endpoint: 'a.b:1', certificateAuthority: 'x' }),
    /certificateAuthority: must be a SecretReference, got "x"/],
  ['an authority of no name', () => external({
    endpoint: 'a.b:1', certificateAuthority: SecretReference.of(none, 'k'),
  }), /forwardTo \(other\): secrets: nothing and "k" must be the name of a Secret/],

  ['Resolver.addresses', () => over(Resolver.addresses(none)),
    /exportTo \(store\): resolver\.hostnames: must be a list of host:port, got nothing\. → write/],
  ['Resolver.kubernetes', () => over(Resolver.kubernetes(none)),
    /resolver\.name: must be the name of a Service, got nothing/],
  ['Resolver.dns', () => over(Resolver.dns(none)),
    /resolver\.hostname: must be a DNS name, got no/],
  ['Resolver.awsCloudMap', () => over(Resolver.awsCloudMap({ serviceName: 'a' } as never)),
    /resolver\.namespace: must be the HTTP name of a namespace of Cloud Map, got nothing/],
  ['an account of no digits', () => over(Resolver.awsCloudMap({
    namespace: 'telemetry', serviceName: 'samplers', ownerAccount: 'mine',
  })), /resolver\.ownerAccount: must be an account of AWS, as twelve digits, got "mine"/],
  ['interval', () => over(Resolver.dns('a.b.svc', { interval: half })),
    /resolver\.interval: must be a Duration of whole milliseconds, got a Duration/],
  ['options of no name', () => over(Resolver.dns('a.b.svc', 'x' as never)),
    /resolver\.options: must be given by their names, got "x"/],
  ['Routing.byKey', () => over(Resolver.dns('a.b.svc'), { routing: Routing.byKey(none) }),
    /exportTo \(store\): routing\.key: must be a RoutingKey, got nothing\. → write Routing\.byKey/],
  ['RoutingKey.attributes', () => over(Resolver.dns('a.b.svc'), {
    routing: Routing.byKey(RoutingKey.attributes('tenant' as never)),
  }), /routing\.attributes: must be a list of names of attributes, got "tenant"/],

  ['Placement.onNodes', () => placed(Placement.onNodes(none)),
    /placement: must be labels of nodes/],
  ['Placement.preferring', () => placed(Placement.preferring(none)),
    /placement: must be labels of/],
  ['no text for a label', () => placed(Placement.preferring({ a: 1 as never })),
    /placement: must name labels of nodes, with texts as values, got \{ "a": 1 \}/],
  ['Placement.onPool', () => placed(Placement.onPool(none, 'v')),
    /placement\.pool: must be a text, got nothing\. → write Placement\.onPool/],
  ['tolerations', () => placed(Placement.onNodes({ a: 'b' }, { tolerations: null as never })),
    /placement\.tolerations: must be a list of tolerations, got null/],
  ['a key of a toleration', () => placed(Placement.onNodes({}, { tolerations: [{ key: 'A b' }] })),
    /placement\.tolerations\.key: must be the key of a taint, got "A b"/],
  ['Placement.withAffinity', () => placed(Placement.withAffinity('x' as never)),
    /placement: must be an Affinity, got "x"/],

  ['CollectorImage.custom', () => pulled(CollectorImage.custom(none)),
    /image\.image: must be a text, got nothing\. → give `image` 'registry/],
  ['a latest version', () => pulled(CollectorImage.custom({ image: 'a:1', version: 'latest' })),
    /image\.version: must be a version of the OpenTelemetry Collector, and not latest, got "lat/],
  ['a version of a module', () => pulled(CollectorImage.contrib('1.40.0')),
    /image: must have a version .* begins with 0\., got 1\.40\.0\. → use 0\./],
  ['no version', () => pulled(CollectorImage.contrib(none)), /image: must have .*, got nothing\./],
  ['no repository', () => pulled(CollectorImage.runtime({ repository: null as never })),
    /image\.repository: must be a text, got null/],
  ['a component without its kind', () => pulled(
    CollectorImage.custom({ image: 'a:1', components: ['otlp'] })), /image\.components: must be a/],

  ['no token', () => allowed(undefined),
    /authentication\.token: must be a SecretReference, got no/],
  ['a token that is none', () => allowed({}), /authentication\.token: must be .*, got \{\}/],
  ['a token of no name', () => allowed(SecretReference.of(5 as never, 'k')),
    /secrets: 5 and "k" must be the name of a Secret and a key in it\. → write/],
  ['a duration', () => secured(
    CertificateIssuer.certManager('ca', { duration: '90d' as never })),
  /transportSecurity\.duration: must be a Duration of at least 1 whole second, got "90d"/],
  ['a renewal', () => secured(CertificateIssuer.certManager('ca', { renewBefore: half })),
    /transportSecurity\.renewBefore: must be a Duration/],
  ['an authority of Secrets', () => secured(
    CertificateIssuer.secrets({ server: 'a', names: ['b'], authority: 'c' as never })),
  /transportSecurity\.authority: must be a SecretReference, got "c"/],
  ['reloadInterval', () => secured(
    CertificateIssuer.certManager('ca'), { reloadInterval: '1h' }),
  /transportSecurity\.reloadInterval: must be a Duration of whole milliseconds, got "1h"/],

  ['a scrape interval', () => watched({ interval: '30s' }),
    /monitoring\.interval: must be a Duration of at least 1 whole millisecond, got "30s"/],
  ['labels', () => watched({ labels: { a: 1 } }), /monitoring\.labels: must be texts by names/],

  ['SamplingPolicy.and', () => kept(SamplingPolicy.and('p', none)),
    /policies\[0\]\.policies: must be a list of SamplingPolicies, got nothing/],
  ['SamplingPolicy.not', () => kept(SamplingPolicy.not('p', none)),
    /policies\[0\]\.policy: must be a SamplingPolicy, got nothing/],
  ['SamplingPolicy.drop', () => kept(SamplingPolicy.drop('p', [none])),
    /policies\[0\]\.policies: must be a list of SamplingPolicies, got \[null\]/],
  ['a sampler without gRPC', () => sampler({ protocols: [Protocol.HTTP] }),
    /protocols: must hold grpc, by which traces are routed .*, got http\. → add Protocol\.GRPC/],

  ['initialInterval', () => retried(
    Retry.upTo(Duration.minutes(5), { initialInterval: null as never })),
  /exportTo \(store\): retry\.initialInterval: must be a Duration of whole milliseconds, got null/],
  ['a part of a millisecond', () => retried(Retry.forever({ maxInterval: half })),
    /retry\.maxInterval: must be a Duration of whole milliseconds, got a Duration/],
  ['no time to retry', () => retried(Retry.upTo(none)), /retry\.time: must be a Duration of at l/],
  ['a time that would be for ever', () => retried(Retry.upTo(Duration.seconds(0))),
    /retry\.time: must be .* at least 1 whole millisecond, got a Duration\. → .*Retry\.never\(\)/],
])('%s is told, and nothing breaks', (_what, says, sentence) => {
  expect(says()).toEqual([expect.stringMatching(sentence)]);
});
