/**
 * The contract of the OTLP receiver.
 */
import * as z from 'zod/mini';
import { component } from '../contract';
import { leaf, mustBe, type Field } from '../fields';
import { optionalSection, section, type Report, type SettingsOf } from '../section';
import {
  GRPC_SERVER_UPSTREAM_ONLY, grpcServerFields, type GrpcServerConfig,
} from '../sections/grpc-server';
import {
  HTTP_SERVER_UPSTREAM_ONLY, httpServerFields, httpServerFits, settledKeepalive,
  type HttpServerConfig,
} from '../sections/http-server';
import { endpointFitsTransport } from '../sections/listener';

/** OTLP over HTTP, as protobuf and as JSON. */
export interface OtlpHttpServerConfig extends HttpServerConfig {
  /**
   * Path of requests with traces.
   * @default "/v1/traces"
   */
  readonly tracesUrlPath?: string;
  /**
   * Path of requests with metrics.
   * @default "/v1/metrics"
   */
  readonly metricsUrlPath?: string;
  /**
   * Path of requests with logs.
   * @default "/v1/logs"
   */
  readonly logsUrlPath?: string;
}

/** The protocols of an OTLP receiver; it needs at least one. */
export interface OtlpProtocolsConfig {
  /**
   * OTLP over gRPC.
   * @default - off
   */
  readonly grpc?: GrpcServerConfig;
  /**
   * OTLP over HTTP.
   * @default - off
   */
  readonly http?: OtlpHttpServerConfig;
}

/** Takes telemetry in as OTLP. */
export interface OtlpReceiverConfig {
  /**
   * What it listens to.
   */
  readonly protocols: OtlpProtocolsConfig;
}

/** A path as upstream takes it: a slash in front is added where it is missing. */
function urlPath(fallback: string): Field<string, string> {
  const what = 'a path such as /v1/traces';
  return leaf(() => z.string(mustBe(what)), fallback, {
    decode: (value: string, refuse) => {
      const path = value.startsWith('/') ? value : `/${value}`;
      if (!/^[^\s?#:[\]]*$/.test(path)) refuse(mustBe(what).error({ input: value }));
      return path;
    },
  });
}

const httpFields = {
  ...httpServerFields,
  tracesUrlPath: urlPath('/v1/traces'),
  metricsUrlPath: urlPath('/v1/metrics'),
  logsUrlPath: urlPath('/v1/logs'),
};

/** What the HTTP half of the OTLP receiver works with. */
export type OtlpHttpServerSettings = SettingsOf<typeof httpFields>;

const protocols = section<OtlpProtocolsConfig>()({
  grpc: optionalSection<GrpcServerConfig>()(
    { absent: 'off', empty: 'on' }, grpcServerFields,
    { check: endpointFitsTransport, upstreamOnly: GRPC_SERVER_UPSTREAM_ONLY }),
  http: optionalSection<OtlpHttpServerConfig>()(
    { absent: 'off', empty: 'on' }, httpFields,
    {
      check: httpServerFits,
      settle: settledKeepalive,
      upstreamOnly: HTTP_SERVER_UPSTREAM_ONLY,
    }),
}, {
  check: ({ grpc, http }, report: Report) => {
    if (grpc === undefined && http === undefined) {
      report([], 'must hold at least one protocol: grpc, http or both');
    }
  },
});

const fields = { protocols };

/** What the OTLP receiver works with. */
export type OtlpReceiverSettings = SettingsOf<typeof fields>;

/** The contract of the OTLP receiver. */
export const otlpReceiver = component<OtlpReceiverConfig>()('receivers', 'otlp', fields, {
  authenticators: [
    { at: ['protocols', 'grpc', 'auth', 'authenticator'], as: 'server' },
    { at: ['protocols', 'http', 'auth', 'authenticator'], as: 'server' },
  ],
});
