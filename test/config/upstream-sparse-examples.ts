/**
 * The least that each contract of what only upstream has reads.
 */
import {
  attributesProcessor, datadogConnector, datadogExporter,
  datadogExtension, fileLogReceiver, fileStorageExtension, hostMetricsReceiver,
  infraAttributesProcessor, k8sAttributesProcessor, k8sClusterReceiver, k8sEventsReceiver,
  k8sLeaderElectorExtension, k8sObjectsReceiver, kubeletStatsReceiver, prometheusExporter,
  prometheusReceiver, prometheusRemoteWriteExporter,
  resourceDetectionProcessor, resourceProcessor, spanMetricsConnector, type Part,
} from '../../src/config';

const match = { match_type: 'strict' };
const all = { include: match, exclude: match };
const insert = { key: 'k', action: 'insert', value: 1 };
const dimensions = [{ name: 'a' }];

/** Structs, their contracts, and YAML that holds every section but no key that has a default. */
export const UPSTREAM_SPARSE: readonly (readonly [string, Part, Record<string, unknown>])[] = [
  ['HostMetricsReceiverConfig', hostMetricsReceiver, {
    scrapers: {
      cpu: null,
      disk: all,
      filesystem: {
        include_devices: match,
        exclude_devices: match,
        include_fs_types: match,
        exclude_fs_types: match,
        include_mount_points: match,
        exclude_mount_points: match,
      },
      load: {},
      memory: {},
      network: all,
      nfs: {},
      paging: {},
      process: all,
      processes: {},
      system: {},
    },
  }],
  ['FileLogReceiverConfig', fileLogReceiver, { include: ['a'] }],
  ['KubeletStatsReceiverConfig', kubeletStatsReceiver, { k8s_api_config: { auth_type: 'tls' } }],
  ['K8sClusterReceiverConfig', k8sClusterReceiver, {}],
  ['K8sEventsReceiverConfig', k8sEventsReceiver, {}],
  ['K8sObjectsReceiverConfig', k8sObjectsReceiver, { objects: [{ name: 'pods' }] }],
  ['PrometheusReceiverConfig', prometheusReceiver, {
    config: { scrape_configs: [{ job_name: 'a' }] },
  }],
  ['PrometheusReceiverConfig', prometheusReceiver, {
    target_allocator: { endpoint: 'http://a', collector_id: 'b' },
  }],
  ['K8sAttributesProcessorConfig', k8sAttributesProcessor, {
    extract: { labels: [{ key: 'a' }], annotations: [{ key_regex: 'a' }] },
    filter: { labels: [{ key: 'a' }], fields: [{ key: 'a' }] },
    pod_association: [{ sources: [{ from: 'connection' }] }],
  }],
  ['K8sAttributesProcessorConfig', k8sAttributesProcessor, {}],
  ['ResourceDetectionProcessorConfig', resourceDetectionProcessor, {}],
  ['ResourceProcessorConfig', resourceProcessor, { attributes: [insert] }],
  ['ResourceProcessorConfig', resourceProcessor, {
    attributes: [{ action: 'delete', pattern: 'a' }],
  }],
  ['AttributesProcessorConfig', attributesProcessor, { actions: [insert] }],
  ['InfraAttributesProcessorConfig', infraAttributesProcessor, {}],
  ['PrometheusRemoteWriteExporterConfig', prometheusRemoteWriteExporter, {
    endpoint: 'http://p:9090/api/v1/write',
  }],
  ['PrometheusRemoteWriteExporterConfig', prometheusRemoteWriteExporter, {
    http: { endpoint: 'http://p:9090/api/v1/write', tls: {} }, wal: { directory: 'a' },
  }],
  ['PrometheusExporterConfig', prometheusExporter, { endpoint: ':9464' }],
  ['DatadogExporterConfig', datadogExporter, {
    api: { key: 'a' }, sending_queue: { batch: { partition: {} } },
  }],
  ['DatadogConnectorConfig', datadogConnector, {}],
  ['SpanMetricsConnectorConfig', spanMetricsConnector, {}],
  ['SpanMetricsConnectorConfig', spanMetricsConnector, {
    dimensions, histogram: { exponential: {} },
  }],
  ['SpanMetricsConnectorConfig', spanMetricsConnector, {
    dimensions: [{ glob: 'a.*' }], histogram: { explicit: {} },
  }],
  ['DatadogExtensionConfig', datadogExtension, { api: { key: 'a' } }],
  ['FileStorageExtensionConfig', fileStorageExtension, {}],
  ['K8sLeaderElectorExtensionConfig', k8sLeaderElectorExtension, {
    lease_name: 'a', lease_namespace: 'b',
  }],
];
