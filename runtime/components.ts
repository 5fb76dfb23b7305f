/**
 * The factories of all components, one line each. A contract without its factory does not compile,
 * and neither does a factory whose settings are not those of its contract.
 */
import type {
  ComponentContext, Exporter, ExporterContext, ExporterFactory, Extension, ExtensionFactory,
  Processor, ProcessorContext, ProcessorFactory, Receiver, ReceiverContext, ReceiverFactory,
} from './component';
import type { ComponentSection, Contract, contracts } from './config';
import { createDebugExporter } from './exporters/debug/debug';
import { createFileExporter } from './exporters/file/file';
import { createLoadBalancingExporter } from './exporters/load-balancing/load-balancing';
import { createNopExporter } from './exporters/nop/nop';
import { createOtlpGrpcExporter } from './exporters/otlp-grpc/otlp-grpc';
import { createOtlpHttpExporter } from './exporters/otlp-http/otlp-http';
import { createBasicAuthExtension } from './extensions/basic-auth/basic-auth';
import {
  createBearerTokenAuthExtension,
} from './extensions/bearer-token-auth/bearer-token-auth';
import { createFileStorageExtension } from './extensions/file-storage/file-storage';
import { createHeadersSetterExtension } from './extensions/headers-setter/headers-setter';
import { createHealthCheckExtension } from './extensions/health-check/health-check';
import { createOAuth2ClientExtension } from './extensions/oauth2-client/oauth2-client';
import { createTracePeersExtension } from './extensions/trace-peers/trace-peers';
import { createBatchProcessor } from './processors/batch/batch';
import { createMemoryLimiterProcessor } from './processors/memory-limiter/memory-limiter';
import {
  createProbabilisticSamplerProcessor,
} from './processors/probabilistic-sampler/probabilistic-sampler';
import { createTailSamplingProcessor } from './processors/tail-sampling/tail-sampling';
import { createOtlpReceiver } from './receivers/otlp/otlp';

type Known = typeof contracts[number];
type TypesOf<S extends ComponentSection> = Extract<Known, { readonly section: S }>['type'];
type SettingsOf<S extends ComponentSection, T extends string> =
  Extract<Known, { readonly section: S; readonly type: T }> extends
  Contract<ComponentSection, string, never, infer Settings> ? Settings : never;

const receivers: { [T in TypesOf<'receivers'>]: ReceiverFactory<SettingsOf<'receivers', T>> } = {
  otlp: createOtlpReceiver,
};

const processors:
{ [T in TypesOf<'processors'>]: ProcessorFactory<SettingsOf<'processors', T>> } = {
  memory_limiter: createMemoryLimiterProcessor,
  batch: createBatchProcessor,
  tail_sampling: createTailSamplingProcessor,
  probabilistic_sampler: createProbabilisticSamplerProcessor,
};

const exporters: { [T in TypesOf<'exporters'>]: ExporterFactory<SettingsOf<'exporters', T>> } = {
  otlp_grpc: createOtlpGrpcExporter,
  otlp_http: createOtlpHttpExporter,
  load_balancing: createLoadBalancingExporter,
  debug: createDebugExporter,
  file: createFileExporter,
  nop: createNopExporter,
};

const extensions:
{ [T in TypesOf<'extensions'>]: ExtensionFactory<SettingsOf<'extensions', T>> } = {
  health_check: createHealthCheckExtension,
  file_storage: createFileStorageExtension,
  bearertokenauth: createBearerTokenAuthExtension,
  basicauth: createBasicAuthExtension,
  headers_setter: createHeadersSetterExtension,
  oauth2client: createOAuth2ClientExtension,
  trace_peers: createTracePeersExtension,
};

/** A component as the configuration names it: a type that a contract knows, and its settings. */
export interface ConfiguredComponent {
  /** The type, in upstream's present spelling. */
  readonly type: string;
  /** What the contract of that type read. */
  readonly settings: unknown;
}

type AnyFactory<Context, Made> = (settings: never, context: Context) => Made;

function build<Context, Made>(
  factories: Readonly<Record<string, AnyFactory<Context, Made>>>,
  { type, settings }: ConfiguredComponent, context: Context,
): Made {
  return factories[type](settings as never, context);
}

/** Makes the receiver that the configuration names. */
export function buildReceiver(given: ConfiguredComponent, context: ReceiverContext): Receiver {
  return build(receivers, given, context);
}

/** Makes the processor that the configuration names, for one pipeline. */
export function buildProcessor(given: ConfiguredComponent, context: ProcessorContext): Processor {
  return build(processors, given, context);
}

/** Makes the exporter that the configuration names. */
export function buildExporter(given: ConfiguredComponent, context: ExporterContext): Exporter {
  return build(exporters, given, context);
}

/** Makes the extension that the configuration names. */
export function buildExtension(given: ConfiguredComponent, context: ComponentContext): Extension {
  return build(extensions, given, context);
}
