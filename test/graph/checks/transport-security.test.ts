import type { Chart } from 'cdk8s';
import { exportTo, policies, raw } from './props';
import { tiersOf } from './tiers';
import {
  AgentDaemonSet, Backend, CollectorImage, GatewayDeployment, SecretReference, Signal,
  TailSamplingGateway,
} from '../../../src';
import { transportSecurity } from '../../../src/graph/checks/transport-security';
import type { TierFacts } from '../../../src/graph/tier-facts';
import { complaints } from '../../synthesized';

const SERVER_TLS = 'tls: {cert_file: /tls/tls.crt, key_file: /tls/tls.key}';
const ENCRYPTED = raw(`receivers: {otlp: {protocols: {grpc: {${SERVER_TLS}}}}}`);
const INSECURE = { insecure: true };
const VERIFIED = { caFile: '/tls/ca.crt' };

function sends(tls: object, gatewayProps: object, endpoint = 'gateway:4317') {
  return (chart: Chart) => {
    const image = CollectorImage.contrib('0.159.0');
    new GatewayDeployment(chart, 'gateway', { exportTo, image, ...gatewayProps });
    new AgentDaemonSet(chart, 'agent', {
      image, exportTo: [Backend.otlp('typed', { endpoint, tls })],
    });
  };
}

test.each([
  ['plain text to a server with TLS', INSECURE, ENCRYPTED,
    '[telemetry/agent] exporters.otlp_grpc/typed: must speak TLS, as telemetry/gateway does, got'
    + ' plain text. → give `forwardTo` that construct, or write tls: {ca_file: …} in place of'
    + ' insecure.'],
  ['TLS to a server without', VERIFIED, {},
    '[telemetry/agent] exporters.otlp_grpc/typed: must speak plain text, as telemetry/gateway does,'
    + ' got TLS. → give `forwardTo` that construct, or write tls: {insecure: true}.'],
  ['no certificate to a server that asks for one', VERIFIED,
    raw(`receivers: {otlp: {protocols: {grpc: {${SERVER_TLS.replace('}', '')}`
      + ', client_ca_file: /tls/ca.crt}}}}}'),
    '[telemetry/agent] exporters.otlp_grpc/typed: must show a certificate, for telemetry/gateway'
    + ' asks its senders for one, got none. → give `forwardTo` that construct, or write tls:'
    + ' {cert_file: …, key_file: …}.'],
])('%s is told', (_, tls, props, sentence) => {
  expect(complaints(sends(tls, props))).toEqual([sentence]);
});

test.each([
  ['neither side speaks TLS', INSECURE, {}],
  ['both sides do', VERIFIED, ENCRYPTED],
  ['it is not insecure where there is an authority', { ...VERIFIED, insecure: true }, ENCRYPTED],
])('nothing is said where %s', (_, tls, props) => {
  expect(complaints(sends(tls, props))).toEqual([]);
});

test('nothing is said where a variable of the pod decides', () => {
  const tls = 'exporters: {otlp_grpc/typed: {tls: {insecure: "${env:PLAIN}"}}}';
  expect(complaints((chart) => {
    const image = CollectorImage.contrib('0.159.0');
    new GatewayDeployment(chart, 'gateway', { exportTo, image });
    new AgentDaemonSet(chart, 'agent', {
      image,
      exportTo: [Backend.otlp('typed', { endpoint: 'gateway:4317' })],
      secrets: { PLAIN: SecretReference.of('wire', 'plain') },
      ...raw(tls),
    });
  })).toEqual([]);
});

const NAMES = ['gateway.observability.svc', '*.gateway-headless.observability.svc.cluster.local'];

/** As if the gateway had a certificate of these names. */
function certified(tiers: readonly TierFacts[], asksSenders = false): string[] {
  const [receiver, sender] = tiers;
  const known = { ...receiver, certificate: { names: NAMES, asksSenders } };
  return transportSecurity(sender, [known, sender]);
}

test.each([
  ['gateway:4317', VERIFIED, 'got "gateway".'],
  ['a.b.gateway-headless.observability.svc.cluster.local:4317', VERIFIED, undefined],
  ['gateway.observability.svc:4317', { ...VERIFIED, serverNameOverride: 'other' }, 'got "other".'],
  ['gateway.observability.svc:4317', VERIFIED, undefined],
  ['gateway:4317', { ...VERIFIED, serverNameOverride: NAMES[0] }, undefined],
  ['gateway:4317', { ...VERIFIED, serverNameOverride: NAMES[1].replace('*', 'p') }, undefined],
  ['gateway:4317', { insecureSkipVerify: true }, undefined],
])('%s with %j finds its name in the certificate, or is told', (endpoint, tls, got) => {
  const said = certified(tiersOf(sends(tls, ENCRYPTED, endpoint)));
  expect(said).toEqual(got === undefined ? [] : [
    'exporters.otlp_grpc/typed: must ask telemetry/gateway for a name in its certificate'
    + ` (${NAMES.join(', ')}), ${got}\n→ give \`forwardTo\` that construct, or write tls:`
    + ' {server_name_override: gateway.observability.svc}.',
  ]);
});

test('senders show a certificate to a tier that asks for one', () => {
  const shows = { ...VERIFIED, serverNameOverride: NAMES[0] };
  const own = { certFile: '/tls/tls.crt', keyFile: '/tls/tls.key' };
  expect(certified(tiersOf(sends(shows, ENCRYPTED)), true)).toEqual([
    expect.stringContaining('must show a certificate'),
  ]);
  expect(certified(tiersOf(sends({ ...shows, ...own }, ENCRYPTED)), true)).toEqual([]);
});

test('who routes to pods by their addresses must say the name', () => {
  const routed = (tls: string) => tiersOf((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'gateway', {
      exportTo, policies, ...ENCRYPTED,
    });
    new AgentDaemonSet(chart, 'agent', {
      forwardTo,
      signals: [Signal.TRACES],
      ...raw(`exporters: {load_balancing/gateway: {protocol: {otlp: {tls: ${tls}}}}}`),
    });
  });
  expect(certified(routed('{insecure: false}'))).toEqual([
    expect.stringContaining('got the address of each pod.'),
  ]);
  expect(certified(routed(`{insecure: false, server_name_override: ${NAMES[0]}}`))).toEqual([]);
});

test('over HTTP the scheme decides', () => {
  const encrypted = raw(`receivers: {otlp: {protocols: {http: {${SERVER_TLS}}}}}`);
  const over = (endpoint: string) => complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, ...encrypted });
    new AgentDaemonSet(chart, 'agent', { exportTo: [Backend.otlpHttp('typed', { endpoint })] });
  });
  expect(over('http://gateway:4318')).toHaveLength(1);
  expect(over('https://gateway:4318')).toEqual([]);
});

test('an address that logs have to themselves speaks as its receiver does, too', () => {
  const toLogs = (scheme: string) => complaints((chart) => {
    const image = CollectorImage.contrib('0.159.0');
    new GatewayDeployment(chart, 'gateway', { exportTo, image });
    new AgentDaemonSet(chart, 'agent', {
      image,
      signals: [Signal.LOGS],
      exportTo: [Backend.fromYaml('raw', 'otlp_http', {
        endpoint: 'http://store:4318', logs_endpoint: `${scheme}://gateway:4318/v1/logs`,
      })],
    });
  });
  expect(toLogs('https')).toEqual([
    '[telemetry/agent] exporters.otlp_http/raw.logs_endpoint: must speak plain text, as'
    + ' telemetry/gateway does, got TLS. → give `forwardTo` that construct, or write http://.',
  ]);
  expect(toLogs('http')).toEqual([]);
});
