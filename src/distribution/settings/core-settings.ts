/**
 * Changes of core's components and of the collector's own telemetry.
 */
import { below, of, since, until, type Change, type SettingChange } from './setting-change';
import {
  GRPC_SERVER, HTTP_CLIENT, HTTP_SERVER, OTLP_GRPC, SENDING_QUEUE,
} from './shared-settings';

const PROTOCOL: Change[] = [
  since(140, 'enabled', 'core v0.140.0 #14021', {
    instead: 'leave the protocol out to turn it off',
  }),
];

const MEMORY_LIMITER: Change[] = [
  since(121, 'min_gc_interval_when_soft_limited', 'core v0.121.0 #12450'),
  since(121, 'min_gc_interval_when_hard_limited', 'core v0.121.0 #12450'),
  since(156, 'max_gc_interval_when_soft_limited', 'core v0.156.0 #4981'),
  since(156, 'max_gc_interval_when_hard_limited', 'core v0.156.0 #4981'),
];

const TELEMETRY: Change[] = [
  // Ignored from 0.123 on, and an unknown key from 0.128 on (core v0.128.0 #13152).
  until(123, 'metrics.address', 'core v0.123.0 #25115', {
    instead: 'write `readers: [{pull: {exporter: {prometheus: {host, port}}}}]`',
  }),
  since(123, 'metrics.views', 'core v0.123.0 #10769'),
  since(129, 'traces.sampler', 'core v0.129.0 #13201'),
  since(129, 'traces.limits', 'core v0.129.0 #13201'),
  since(142, 'logs.disable_zap_resource', 'core v0.142.0 #13869'),
  since(151, 'resource.attributes', 'core v0.151.0 #14411', {
    instead: 'write the attributes as keys of `resource`',
  }),
  since(151, 'resource.schema_url', 'core v0.151.0 #14411'),
  since(157, 'resource.detection/development', 'core v0.157.0 #14311'),
];

/** All of them. */
export const CORE_SETTINGS: SettingChange[] = [
  ...of('receivers.otlp', below('protocols.grpc', PROTOCOL, GRPC_SERVER),
    below('protocols.http', PROTOCOL, HTTP_SERVER)),
  ...of('processors.memory_limiter', MEMORY_LIMITER),
  ...of('exporters.otlp_grpc', OTLP_GRPC),
  ...of('exporters.otlp_http', HTTP_CLIENT, below('sending_queue', SENDING_QUEUE), [
    since(133, 'profiles_endpoint', 'core v0.133.0 #13504'),
  ]),
  ...of('exporters.debug', [
    since(136, 'sending_queue', 'core v0.136.0 #13791'),
    since(146, 'output_paths', 'core v0.146.0 #10472'),
  ], below('sending_queue', SENDING_QUEUE)),
  ...of('service', below('telemetry', TELEMETRY)),
];
