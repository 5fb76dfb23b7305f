/**
 * The contracts of all components, for the constructs that write configuration and the runtime
 * that reads it.
 */
export * from './collector-config';
export * from './collector-settings';
export type { CollectorTarget } from './component-reading';
export * from './contract';
export * from './contracts';
export { holdsReference, type Environment } from './environment-references';
export * from './exporters/debug';
export * from './exporters/load-balancing';
export * from './exporters/otlp-grpc';
export * from './exporters/otlp-http';
export * from './extensions/health-check';
export * from './go-duration';
export * from './nearest-name';
export * from './problem';
export * from './processors/batch';
export * from './processors/memory-limiter';
export * from './processors/sampling-policy';
export * from './processors/sampling-policy-config';
export * from './processors/tail-sampling';
export * from './receivers/otlp';
export { snakeCase, type SettingsOf } from './section';
export * from './sections/grpc-client';
export * from './sections/grpc-server';
export * from './sections/http-client';
export * from './sections/http-server';
export * from './sections/resolver';
export * from './sections/retry';
export * from './sections/sending-queue';
export * from './sections/tls';
export * from './spelling';
export * from './telemetry';
export { YamlDocuments, type YamlSource } from './yaml-documents';
