/** Certificates that cert-manager is asked for. */
import { ApiObject, Lazy } from 'cdk8s';
import type { Construct } from 'constructs';
import { formatGoDuration } from '../config';
import type { CertManagerIssuer } from '../graph/transport-security';
import { objectLabels, type TierIdentity } from '../workload/labels';

/** A certificate. */
export interface WantedCertificate {
  /** Whose it is. */
  readonly tier: TierIdentity;
  /** What stands behind the tier's name in its own. */
  readonly suffix: string;
  /** Who issues it. */
  readonly issuer: CertManagerIssuer;
  /** What it is used for, once that is known. */
  readonly usages: () => readonly ('server auth' | 'client auth')[];
  /** Names of a server; a client is called as its tier. */
  readonly dnsNames?: readonly string[];
}

/** Asks for a certificate; the name of the Secret that it comes in. */
export function certificate(scope: Construct, id: string, wanted: WantedCertificate): string {
  const { tier, suffix, issuer, usages, dnsNames } = wanted;
  const { name: issuerName, kind = 'ClusterIssuer', group = 'cert-manager.io' } = issuer;
  const name = `${tier.name}-${suffix}`;
  const secretName = `${name}-tls`;
  const labels = objectLabels(tier);
  new ApiObject(scope, id, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name, namespace: tier.namespace, labels },
    spec: {
      secretName,
      secretTemplate: { labels },
      duration: issuer.duration && formatGoDuration(issuer.duration.toMilliseconds()),
      renewBefore: issuer.renewBefore && formatGoDuration(issuer.renewBefore.toMilliseconds()),
      ...dnsNames === undefined ? { commonName: tier.name } : { dnsNames },
      usages: Lazy.any({ produce: () => ['digital signature', ...usages()] }),
      // A key that was read by somebody is of no use to him after the next renewal.
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      issuerRef: { name: issuerName, kind, group },
    },
  });
  return secretName;
}
