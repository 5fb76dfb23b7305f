/**
 * Changes of the sections that many components have. From core's configuration structs at every
 * tag, v0.120.0 to v0.159.0, and from its modules up to v0.164.0; numbers are from its changelog.
 */
import { below, since, until, type Change } from './setting-change';

/** TLS, on either side. */
export const TLS: Change[] = [
  since(126, 'tpm', 'core v0.126.0 config/configtls'),
  since(154, 'include_insecure_cipher_suites', 'core v0.154.0 #13829'),
];

/** A client of gRPC. */
export const GRPC_CLIENT: Change[] = [
  since(125, 'middlewares', 'core v0.125.0 #12603'),
  since(151, 'user_agent', 'core v0.151.0 #14686'),
  ...below('tls', TLS),
];

/** A server of gRPC. */
export const GRPC_SERVER: Change[] = [
  since(125, 'middlewares', 'core v0.125.0 #12603'),
  ...below('tls', TLS),
];

const MIDDLEWARE: Change[] = [
  since(125, 'middleware', 'core v0.132.0 #13444', {
    until: 132,
    instead: 'write `middlewares`',
  }),
  since(132, 'middlewares', 'core v0.132.0 #13444'),
];

/** A client of HTTP. */
export const HTTP_CLIENT: Change[] = [
  ...MIDDLEWARE,
  since(126, 'compression', 'core v0.126.0 #12825', { values: ['x-snappy-framed'] }),
  since(132, 'force_attempt_http2', 'core v0.132.0 #13426'),
  since(160, 'keepalive', 'core v0.160.0 config/confighttp', {
    instead: 'write `idle_conn_timeout` and `max_idle_conns` without the section',
  }),
  ...below('tls', TLS),
];

/** A server of HTTP. */
export const HTTP_SERVER: Change[] = [
  ...MIDDLEWARE,
  since(138, 'keep_alives_enabled', 'core v0.138.0 #13783'),
  since(144, 'transport', 'core v0.144.0 config/confighttp'),
  since(154, 'cors.exposed_headers', 'core v0.154.0 #15119'),
  since(160, 'keepalive', 'core v0.160.0 config/confighttp', {
    instead: 'write `idle_timeout` and `keep_alives_enabled` without the section',
  }),
  ...below('tls', TLS),
];

/** The queue of an exporter, and what it makes of requests. */
export const SENDING_QUEUE: Change[] = [
  until(129, 'blocking', 'core v0.129.0 #13211', { instead: 'write `block_on_overflow`' }),
  since(123, 'block_on_overflow', 'core v0.123.0 #12710', { instead: 'write `blocking`' }),
  since(123, 'sizer', 'core v0.123.0 #12708'),
  since(123, 'wait_for_result', 'core v0.123.0 #12742'),
  since(130, 'sizer', 'core v0.130.0 #12881', {
    values: ['items', 'bytes'],
    beside: 'storage',
    says: 'may only be requests beside `storage`',
    instead: 'write requests, or leave out `storage`',
  }),
  since(123, 'batch', 'core v0.123.0 #12746', {
    instead: 'put the batch processor last in the pipelines',
  }),
  since(138, 'batch', 'core v0.138.0 #13766', {
    unless: ['sizer', 'batch.sizer'],
    says: 'needs `sizer`: items beside it, for without one it is refused',
    instead: 'write `sending_queue.sizer`: items, and a `queue_size` in items',
  }),
  since(138, 'batch', 'core v0.138.0 #13766', {
    unless: ['batch.flush_timeout'],
    says: 'needs `flush_timeout`, for it has no default',
    instead: 'write one, such as 200ms',
  }),
  since(130, 'batch.sizer', 'core v0.130.0 #13313'),
  since(140, 'batch.enabled', 'core v0.140.0 #14021', {
    instead: 'leave `batch` out to turn it off',
  }),
  since(147, 'batch.partition', 'core v0.147.0 #14139'),
  since(162, 'batch.partition.cache_size', 'core v0.162.0 exporter/exporterhelper'),
  since(162, 'batch.partition.idle_timeout', 'core v0.162.0 exporter/exporterhelper'),
];

/** An exporter of OTLP over gRPC. */
export const OTLP_GRPC: Change[] = [
  until(130, 'batcher', 'core v0.130.0 #13339', { instead: 'write `sending_queue.batch`' }),
  ...below('sending_queue', SENDING_QUEUE),
  ...GRPC_CLIENT,
];
