/** How stores are reached: headers, and whom both sides trust. */
import type { ConnectionOptions, OtlpDeliveryOptions } from './options';
import type { OtlpGrpcDeliveryConfig, TlsClientConfig } from '../config';
import type { PartVolume } from '../features/part';
import { isInCluster } from '../graph/cluster-name';
import type { SecretReference } from '../graph/secret-reference';
import { outsideFiles } from '../security/secret-files';

/** All headers; those of Secrets by the variables that hold them. */
export function headersOf(
  { headers, secretHeaders = {} }: ConnectionOptions,
): Record<string, string> | undefined {
  const secret = Object.entries(secretHeaders)
    .map(([header, { variable }]) => [header, `\${env:${variable}}`]);
  const all = { ...headers, ...Object.fromEntries(secret) as Record<string, string> };
  return Object.keys(all).length === 0 ? undefined : all;
}

/** Secrets of headers by the variables that hold them. */
export function connectionSecrets(
  { secretHeaders = {} }: ConnectionOptions,
): [string, SecretReference][] {
  return Object.values(secretHeaders).map((secret) => [secret.variable, secret]);
}

/** TLS of the connections to a store of this name; nothing where what is usual is right. */
export function tlsOf(name: string, options: ConnectionOptions): TlsClientConfig | undefined {
  return outsideFiles(String(name), options).tls;
}

/** The files that this names. */
export function trustVolumes(name: string, options: ConnectionOptions): readonly PartVolume[] {
  return outsideFiles(String(name), options).volumes;
}

/** What an exporter that speaks OTLP is told beside its endpoint. */
export function deliveryOf(
  name: string, endpoint: string, options: OtlpDeliveryOptions,
): Omit<OtlpGrpcDeliveryConfig, 'keepalive'> {
  const { compression, retry, queue } = options;
  return {
    compression,
    headers: headersOf(options),
    tls: tlsOf(name, options) ?? (isInCluster(endpoint) ? { insecure: true } : undefined),
    retryOnFailure: retry?._toConfig(),
    sendingQueue: queue?._toConfig(),
  };
}
