/** Two tiers under one `transportSecurity`, for those who run what they become. */
import { Duration } from 'cdk8s';
import {
  AgentDaemonSet, Backend, CertificateIssuer, SamplingPolicy, Signal, TailSamplingGateway,
  TransportSecurity,
} from '../../src';
import { synthesized } from '../synthesized';

/** What both tiers become. */
export interface SecuredTiers {
  /** The sampler's configuration. */
  readonly sampler: string;
  /** The agent's. */
  readonly agent: string;
  /** Names that the sampler's certificate is asked to hold. */
  readonly serverNames: readonly string[];
}

/**
 * An agent that forwards traces to a sampler; with `isMutual`, it must show a certificate. Pods of
 * the sampler are one sampler where it has `tracePeers`.
 */
export function securedTiers(isMutual: boolean, tracePeers = false): SecuredTiers {
  const issuer = CertificateIssuer.certManager('telemetry-ca');
  const objects = synthesized((chart) => {
    const forwardTo = new TailSamplingGateway(chart, 'sampler', {
      transportSecurity: isMutual
        ? TransportSecurity.mutualTls(issuer) : TransportSecurity.tls(issuer),
      signals: [Signal.TRACES],
      tracePeers,
      decisionWait: Duration.seconds(1),
      policies: [SamplingPolicy.alwaysSample('all')],
      exportTo: [Backend.otlp('store', { endpoint: 'store:4317' })],
    });
    new AgentDaemonSet(chart, 'agent', { forwardTo });
  });
  const textOf = (name: string): string =>
    objects.get('ConfigMap', `${name}-config`).data['collector.yaml'];
  return {
    sampler: textOf('sampler'),
    agent: textOf('agent'),
    serverNames: objects.get('Certificate', 'sampler-server').spec.dnsNames,
  };
}
