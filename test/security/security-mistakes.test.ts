/** Security that would not hold, or that nobody could get through, is told at synthesis. */
import { Chart } from 'cdk8s';
import {
  AgentDaemonSet, Authentication, Backend, CertificateIssuer, GatewayDeployment, SecretReference,
  TelemetryTarget, TransportSecurity,
} from '../../src';
import { complaints } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];

interface Mistake {
  readonly what: string;
  readonly build: (chart: Chart, app: any) => void;
  readonly says: RegExp;
}

const authentication = Authentication.bearerToken(SecretReference.of('t', 't'));
const gateway = (props: object) => (chart: Chart) => {
  new GatewayDeployment(chart, 'gateway', { exportTo, ...props });
};
const edge = (options: object) => (chart: Chart) => {
  new GatewayDeployment(
    chart, 'edge', { forwardTo: TelemetryTarget.external('others', options as never) });
};

const MISTAKES: readonly Mistake[] = [
  {
    what: 'tokens as plain text',
    build: gateway({ authentication }),
    says: /authentication: must not let tokens come as plain text.* → give `transportSecurity`/,
  },
  {
    what: 'a token as plain text to somebody else',
    build: edge({ endpoint: 'otel.other.svc:4317', authentication }),
    says: /forwardTo \(others\): must not send a token as plain text.* → give `certificateAuth/,
  },
  {
    what: 'an authority for plain text',
    build: edge({
      endpoint: 'a.b:4317', insecure: true, certificateAuthority: SecretReference.of('a', 'b'),
    }),
    says: /forwardTo \(others\): must not be plain text where TLS is told of.* → leave it out/,
  },
  {
    what: 'mutual TLS without anything for senders to show',
    build: (chart) => {
      const forwardTo = new GatewayDeployment(chart, 'gateway', {
        exportTo,
        transportSecurity: TransportSecurity.mutualTls(
          CertificateIssuer.secrets({ server: 's', names: ['a'] })),
      });
      new AgentDaemonSet(chart, 'agent', { forwardTo });
    },
    says: /agent\] forwardTo \(gateway\): asks senders for a certificate.* → add `client`/,
  },
  {
    what: 'an Issuer of another namespace',
    build: (chart, app) => {
      const forwardTo = new GatewayDeployment(chart, 'gateway', {
        exportTo,
        transportSecurity: TransportSecurity.tls(
          CertificateIssuer.certManager('ca', { kind: 'Issuer' })),
      });
      new AgentDaemonSet(new Chart(app, 'apps', { namespace: 'apps' }), 'agent', { forwardTo });
    },
    says: /apps\/agent\] forwardTo \(gateway\): the Issuer ca must be .* got observability\. → use/,
  },
  {
    what: 'something else where a TransportSecurity belongs',
    build: gateway({ transportSecurity: true }),
    says: /transportSecurity: must be a TransportSecurity, got true\. → give `transportSecurity`/,
  },
];

test.each(MISTAKES)('refuses $what', ({ build, says }) => {
  const said = complaints(build);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(says);
});
