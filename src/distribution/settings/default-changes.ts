/**
 * Defaults that changed in a way that matters to a chain of collectors: who means one of the two
 * in every version has to write it. Numbers are from the changelogs.
 */

/** A default, before and after a version. */
export interface DefaultChange {
  /** Section and type in today's spelling. */
  readonly component: string;
  /** Keys from the component down, with dots between. */
  readonly path: string;
  /** First minor version of 0.x with the new default. */
  readonly since: number;
  /** What it was. */
  readonly before: string;
  /** What it is. */
  readonly after: string;
  /** Where it is known from. */
  readonly source: string;
}

/** All of them since 0.120. */
export const DEFAULT_CHANGES: readonly DefaultChange[] = [
  {
    component: 'exporters.otlp_grpc',
    path: 'balancer_name',
    since: 145,
    before: 'pick_first, so that one backend gets all',
    after: 'round_robin',
    source: 'core v0.145.0 #14090',
  },
  {
    component: 'exporters.load_balancing',
    path: 'resolver.k8s.timeout',
    since: 147,
    before: '1s, so that the watch is opened anew every second',
    after: '1m',
    source: 'contrib v0.147.0 #33004',
  },
  {
    component: 'exporters.debug',
    path: 'sending_queue',
    since: 140,
    before: 'on from 0.136 on, for one request',
    after: 'off',
    source: 'core v0.140.0 #14138',
  },
  {
    component: 'exporters.otlp_grpc',
    path: 'sending_queue.batch',
    since: 138,
    before: 'no flush_timeout, min_size 0, sizer as the queue',
    after: 'flush_timeout 200ms, min_size 8192, sizer items',
    source: 'core v0.138.0 #13766',
  },
  {
    component: 'service',
    path: 'telemetry.metrics.readers[].pull.exporter.prometheus',
    since: 152,
    before: 'with type suffixes, units and scope labels',
    after: 'without them',
    source: 'core v0.152.0 #13867',
  },
  {
    component: 'processors.tail_sampling',
    path: 'policies[].rate_limiting.burst_capacity',
    since: 153,
    before: 'none: at most spans_per_second in any second',
    after: 'twice spans_per_second',
    source: 'contrib v0.153.0 #48226',
  },
  {
    component: 'processors.memory_limiter',
    path: 'max_gc_interval_when_hard_limited',
    since: 156,
    before: 'none: the collector is made to clean up at every check',
    after: '30s',
    source: 'core v0.156.0 #4981',
  },
];
