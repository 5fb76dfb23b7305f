/** Names of Services in cluster DNS. */

/** The name by which pods of any namespace reach a Service; of their own without a namespace. */
export function serviceHost(name: string, namespace: string | undefined): string {
  return namespace === undefined ? name : `${name}.${namespace}.svc.cluster.local`;
}

/** An endpoint in its parts. */
export interface EndpointParts {
  /** `http`, `https`, `dns` and so on; empty when the endpoint has none. */
  readonly scheme: string;
  /** Name or address. */
  readonly host: string;
  /** The port; undefined when there is none. */
  readonly port?: number;
}

/** Takes an endpoint apart: `host:port`, `scheme://host:port/path`, `dns:///host:port`. */
export function endpointParts(endpoint: string): EndpointParts {
  const match = /^(?:([a-z]+):\/\/\/?)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?/i.exec(endpoint);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  return { scheme: (match?.[1] ?? '').toLowerCase(), host: match?.[2] ?? '', port };
}

/**
 * Whether an endpoint is plain text unless told otherwise: it says so by `http://`, or it is a name
 * that exists inside a cluster only, for which nobody outside could issue a certificate.
 */
export function isInCluster(endpoint: string): boolean {
  const { scheme, host } = endpointParts(endpoint);
  if (scheme === 'http' || scheme === 'https') return scheme === 'http';
  return /^[^.[]+$/.test(host) || /\.svc(\.cluster\.local)?\.?$/.test(host);
}

/** The names under which a Service is reached from `fromNamespace`. */
export function serviceNames(
  name: string, namespace: string | undefined, fromNamespace: string | undefined,
): string[] {
  const own = namespace === fromNamespace ? [name] : [];
  if (namespace === undefined) return own;
  return [...own, ...['', '.svc', '.svc.cluster.local', '.svc.cluster.local.']
    .map((suffix) => `${name}.${namespace}${suffix}`)];
}
