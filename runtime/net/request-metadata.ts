/** The metadata that a request's headers are, as upstream's servers give it to their pipelines. */
import type { ClientMetadata } from '../pipeline/client-metadata';

/** Headers as they came: name, value, name, value and so on. */
export type RawHeaders = readonly string[];

/** Headers that gRPC keeps to itself. */
const OF_GRPC = new Set([
  'grpc-message-type', 'grpc-encoding', 'grpc-message', 'grpc-status', 'grpc-timeout', 'te',
  'connection',
]);

/** The metadata of an HTTP request; over HTTP/2, `:authority` stands for `host`. */
export function httpMetadata(headers: RawHeaders): ClientMetadata {
  const metadata = emptyMetadata();
  let authority: string | undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at].toLowerCase();
    if (!name.startsWith(':')) add(metadata, name, headers[at + 1]);
    else if (name === ':authority') authority = headers[at + 1];
  }
  if (authority !== undefined) addHost(metadata, authority);
  return metadata;
}

/** The metadata of a gRPC call; `:authority` is there under its own name and as `host`. */
export function grpcMetadata(headers: RawHeaders): ClientMetadata {
  const metadata = emptyMetadata();
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at].toLowerCase();
    const value = headers[at + 1];
    if (OF_GRPC.has(name) || (name.startsWith(':') && name !== ':authority')) continue;
    add(metadata, name, name.endsWith('-bin') ? fromBase64(value) : value);
  }
  if (metadata[':authority'] !== undefined) addHost(metadata, metadata[':authority'][0]);
  return metadata;
}

/** A map without names of its own: clients choose the names. */
function emptyMetadata(): Record<string, string[]> {
  return Object.create(null) as Record<string, string[]>;
}

function add(metadata: Record<string, string[]>, name: string, value: string): void {
  const values = metadata[name];
  if (values === undefined) metadata[name] = [value]; else values.push(value);
}

function addHost(metadata: Record<string, string[]>, authority: string): void {
  if (metadata.host === undefined) metadata.host = [authority];
}

/** Bytes as a text of one character each. */
function fromBase64(value: string): string {
  return Buffer.from(value, 'base64').toString('latin1');
}
