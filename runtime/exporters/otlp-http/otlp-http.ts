/** Sends telemetry as OTLP over HTTP. */
import type { Exporter, ExporterContext } from '../../component';
import type { OtlpHttpSettings } from '../../config';
import type { PermanentError } from '../../errors';
import { HttpClient } from '../../net/http-client';
import { OtlpSender, type OtlpDialect } from '../../net/otlp-sender';
import { partialSuccessOf, partialSuccessOfJson } from '../../net/partial-success';
import { Code, isThrottled, statusText, type Status } from '../../net/status';
import { USER_AGENT } from '../../net/user-agent';
import { protoToJson } from '../../otlp/proto-to-json';
import type { Payload, Signal } from '../../pipeline/payload';
import { createDelivery } from '../../queue/delivery';
import { HalvingSender } from '../../queue/halving-sender';

/** 429, 502, 503 and 504 mean these codes, and so do connections that fail. */
const RETRYABLE: ReadonlySet<number> = new Set([
  Code.deadlineExceeded, Code.resourceExhausted, Code.unavailable,
]);

const ENCODINGS = {
  proto: {
    contentType: 'application/x-protobuf',
    encode: ({ chunks }: Payload) => chunks,
    partialSuccess: partialSuccessOf,
  },
  json: {
    contentType: 'application/json',
    encode: (payload: Payload) => [protoToJson(payload.signal, payload.chunks)],
    partialSuccess: partialSuccessOfJson,
  },
};

/**
 * Makes an OTLP exporter over HTTP.
 *
 * @throws Error when a signal of its pipelines has no endpoint.
 */
export function createOtlpHttpExporter(
  settings: OtlpHttpSettings, context: ExporterContext,
): Exporter {
  const { contentType, encode, partialSuccess } = ENCODINGS[settings.encoding];
  const urls = urlsOf(settings, context);
  const used = context.signals.map((signal) => urls[signal]);
  const client = new HttpClient(settings, used, contentType, context, USER_AGENT);
  const dialect: OtlpDialect = {
    paths: urls,
    encode,
    partialSuccess,
    isRetryable,
    // Upstream says the code too, except where it tries again as it likes.
    text: (status) => (
      isRetryable(status) && !isThrottled(status) ? status.message : statusText(status)),
  };
  const sender = new OtlpSender(client, dialect, context);
  return createDelivery({
    id: context.id,
    settings,
    sender: new HalvingSender(sender, isTooLarge),
    context,
    sentAttributes: (signal) => attributesOf(new URL(urls[signal])),
  });
}

function isRetryable({ code }: Status): boolean {
  return RETRYABLE.has(code);
}

/** Collectors written in Go answer 400 with these words, everybody else 413. */
function isTooLarge({ message }: PermanentError): boolean {
  return /responded with HTTP Status Code 413\b|request body too large/.test(message);
}

function urlsOf(
  settings: OtlpHttpSettings, { id, signals }: ExporterContext,
): Record<Signal, string> {
  const own: Readonly<Record<Signal, string>> = {
    traces: settings.tracesEndpoint,
    metrics: settings.metricsEndpoint,
    logs: settings.logsEndpoint,
  };
  const base = settings.endpoint.replace(/\/$/, '');
  const urlOf = (signal: Signal): string => {
    if (own[signal] === '' && base === '' && signals.includes(signal)) {
      const rule = `must have an endpoint or a ${signal}_endpoint for its ${signal} pipelines`;
      throw new Error(`exporters.${id}: ${rule}, got neither`);
    }
    return own[signal] || `${base}/v1/${signal}`;
  };
  return { traces: urlOf('traces'), metrics: urlOf('metrics'), logs: urlOf('logs') };
}

function attributesOf(url: URL): Record<string, string> {
  const port = url.port === '' ? url.protocol === 'https:' ? '443' : '80' : url.port;
  return {
    'server.address': url.hostname, 'server.port': port, 'url.path': url.pathname,
  };
}
