/** What OpenTelemetry's exporters of own telemetry are made from. */
import { readFileSync } from 'node:fs';
import { credentials, Metadata, type ChannelCredentials } from '@grpc/grpc-js';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import type { OwnOtlpSettings } from '../../config';
import { messageOf } from '../../errors';

/** Options of an exporter over HTTP. */
export interface HttpOptions {
  /** Where it sends to. */
  readonly url: string;
  /** Headers that go along. */
  readonly headers: Record<string, string>;
  /** Longest time of one attempt in milliseconds. */
  readonly timeoutMillis: number;
  /** How bodies are compressed. */
  readonly compression: CompressionAlgorithm;
  /** Certificates. */
  readonly httpAgentOptions: { ca?: Buffer; cert?: Buffer; key?: Buffer };
}

/** Options of an exporter over gRPC. */
export interface GrpcOptions {
  /** Where it sends to. */
  readonly url: string;
  /** Headers that go along. */
  readonly metadata: Metadata;
  /** Longest time of one attempt in milliseconds. */
  readonly timeoutMillis: number;
  /** How bodies are compressed. */
  readonly compression: CompressionAlgorithm;
  /** Whether and how TLS is spoken. */
  readonly credentials: ChannelCredentials;
}

/**
 * Options over HTTP. An endpoint without a path gets that of the signal.
 *
 * @throws Error when a certificate cannot be read.
 */
export function httpOptions(settings: OwnOtlpSettings, path: string): HttpOptions {
  const url = urlOf(settings);
  const hasPath = url.pathname !== '/' || settings.endpoint.endsWith('/');
  const { ca, cert, key } = certificates(settings);
  return {
    url: hasPath ? url.href : new URL(path, url).href,
    headers: headersOf(settings),
    timeoutMillis: settings.timeout,
    compression: compressionOf(settings),
    httpAgentOptions: { ...ca && { ca }, ...cert && { cert }, ...key && { key } },
  };
}

/**
 * Options over gRPC.
 *
 * @throws Error when a certificate cannot be read.
 */
export function grpcOptions(settings: OwnOtlpSettings): GrpcOptions {
  const url = urlOf(settings);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headersOf(settings))) metadata.set(name, value);
  const { ca, cert, key } = certificates(settings);
  const isPlain = url.protocol === 'http:';
  return {
    url: url.href,
    metadata,
    timeoutMillis: settings.timeout,
    compression: compressionOf(settings),
    credentials: isPlain
      ? credentials.createInsecure()
      : credentials.createSsl(ca ?? null, key ?? null, cert ?? null),
  };
}

function urlOf({ endpoint, insecure }: OwnOtlpSettings): URL {
  if (endpoint.includes('://')) return new URL(endpoint);
  return new URL(`${insecure ? 'http' : 'https'}://${endpoint}`);
}

function headersOf({ headers, headersList }: OwnOtlpSettings): Record<string, string> {
  const listed = headersList === '' ? [] : headersList.split(',').map((header) => {
    const at = header.indexOf('=');
    return [header.slice(0, at).trim(), header.slice(at + 1).trim()];
  });
  // What stands in the map wins, as the declarative configuration has it.
  return { ...Object.fromEntries(listed) as Record<string, string>, ...headers };
}

function compressionOf({ compression }: OwnOtlpSettings): CompressionAlgorithm {
  return compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE;
}

function certificates(settings: OwnOtlpSettings): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const { certificate, clientCertificate, clientKey } = settings;
  return {
    ca: read('certificate', certificate),
    cert: read('client_certificate', clientCertificate),
    key: read('client_key', clientKey),
  };
}

function read(key: string, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`service.telemetry: ${key}: must be a file that can be read, got ${
      messageOf(error)}`, { cause: error });
  }
}
