/** Datadog, and what its own collector needs beside the exporter. */
import type { k8s } from 'cdk8s-plus-28';
import { exporterAt, type BackendKind } from './backend-kind';
import { DATADOG_KINDS, DATADOG_TRACES_KINDS } from './kinds';
import type { DatadogBackendOptions } from './options';
import { datadogExporter, datadogExtension, type DatadogExporterConfig } from '../config';
import type { CollectorImage } from '../distribution/collector-image';
import type { PartFacts, TierPart } from '../features/part';
import type { SecretReference } from '../graph/secret-reference';
import { rightProps } from '../prop-kinds';

/** An account, as the exporter and the extension are told. */
export interface DatadogAccount {
  /** The key, by the variable that holds it. */
  readonly key: string;
  /** The site. */
  readonly site: string;
  /** Where the key is. */
  readonly secret: SecretReference;
}

/** The node's name: that of the pod would be one host more with every roll-out. */
const HOSTNAME = '${env:NODE_NAME}';
const KEY_VARIABLE = 'DD_API_KEY';
/** Minor version of Datadog's agent. */
const EXTENSION_SINCE = 75;

/** Datadog. */
export function datadogStore(name: string): BackendKind<DatadogBackendOptions> {
  return {
    type: datadogExporter.type,
    kinds: DATADOG_KINDS,
    secrets: ({ apiKey }: Partial<DatadogBackendOptions>) =>
      apiKey === undefined ? [] : [[apiKey.variable, apiKey]],
    problems: ({ traces }) =>
      rightProps(traces ?? {}, DATADOG_TRACES_KINDS, `exportTo (${name}): traces.`).problems,
    account: datadogAccount,
    write: (spelled, options) => ({
      type: spelled(datadogExporter),
      config: datadogExporter.write(exporterConfig(options), exporterAt('datadog', name)),
    }),
  };
}

function datadogAccount(
  { apiKey, site = 'datadoghq.com' }: Partial<DatadogBackendOptions>,
): DatadogAccount | undefined {
  return apiKey === undefined ? undefined
    : { key: `\${env:${apiKey.variable}}`, site, secret: apiKey };
}

function exporterConfig(options: DatadogBackendOptions): DatadogExporterConfig {
  const { hostname = HOSTNAME, traces, retry, queue } = options;
  // Without a key synthesis fails; everything else is told along with it.
  const { key = HOSTNAME, site = 'datadoghq.com' } = datadogAccount(options) ?? {};
  return {
    api: { key, site },
    hostname,
    // Spans at the top are told by their kind where statistics are made, so they are here.
    traces: { ...traces, computeTopLevelBySpanKind: true },
    retryOnFailure: retry?._toConfig(),
    sendingQueue: queue?._toConfig(),
  };
}

/**
 * What Datadog's collector needs in a pod of its own, without an agent of Datadog beside it; what
 * its chart writes for a gateway.
 */
export function ddotPart(
  image: CollectorImage | undefined, account: DatadogAccount | undefined, facts: PartFacts,
): TierPart {
  if (image?.distribution !== 'ddot') return {};
  const isGateway = facts.component !== 'agent';
  const hasExtension = isGateway && account !== undefined && knowsDeployments(image);
  return {
    env: [
      ...account === undefined ? [] : accountVariables(account),
      ...isGateway ? [{ name: 'DD_OTELCOLLECTOR_GATEWAY_MODE', value: 'true' }] : [],
      { name: 'DD_HOSTNAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      ...Object.entries(VARIABLES).map(([name, value]) => ({ name, value })),
    ],
    extensions: !hasExtension ? [] : [{
      contract: datadogExtension,
      write: (at) => {
        const { key, site } = account;
        return datadogExtension.write(
          { api: { key, site }, hostname: HOSTNAME, deploymentType: 'gateway' }, at);
      },
    }],
  };
}

const VARIABLES = {
  DD_OTELCOLLECTOR_INSTALLATION_METHOD: 'kubernetes',
  DD_OTEL_STANDALONE: 'false',
  // What it adds to configurations by itself: nothing that changes what telemetry goes where.
  DD_OTELCOLLECTOR_CONVERTER_FEATURES: 'zpages,pprof,datadog',
  DD_ENABLE_METADATA_COLLECTION: 'false',
  DD_PROCESS_AGENT_ENABLED: 'false',
  DD_INVENTORIES_ENABLED: 'false',
  DD_AGENT_IPC_CONFIG_REFRESH_INTERVAL: '0',
};

function accountVariables({ secret, site }: DatadogAccount): k8s.EnvVar[] {
  const { name, key, variable } = secret;
  return [
    ...variable === KEY_VARIABLE ? []
      : [{ name: KEY_VARIABLE, valueFrom: { secretKeyRef: { name, key } } }],
    { name: 'DD_SITE', value: site },
  ];
}

/** Whether the extension of that version can be told that it is in a gateway. */
function knowsDeployments({ image }: CollectorImage): boolean {
  const [, major, minor] = /:(\d+)\.(\d+)\./.exec(image) ?? [];
  return Number(major) > 7 || Number(major) === 7 && Number(minor) >= EXTENSION_SINCE;
}
