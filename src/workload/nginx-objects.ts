/** The pods of an NGINX, and what stands around them. */
import { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { checksum } from './collector-pod';
import { changeWritten } from './later-fields';
import { NGINX_FILES, NGINX_HEALTH_PORT, NGINX_VARIABLES, type NginxConfig } from './nginx-config';
import type { Placement } from './placement';
import { askedTolerations } from './pod-placement';
import { GRPC_PORT_NAME, HEALTH_PORT_NAME, HTTP_PORT_NAME } from './ports';
import type { ServiceOptions } from './service-options';
import { ENDPOINT_REMOVAL_SECONDS } from '../graph/drain-budget';

/** The user of the image. */
const NGINX_USER = 101;
/** What `worker_shutdown_timeout` allows, and some time to start with it. */
const SHUTDOWN_SECONDS = 25;
/** Large requests over HTTP wait in files. */
const SCRATCH = Size.gibibytes(1);

/** An NGINX in front of a gateway. */
export interface Nginx {
  /** Name of all of its objects. */
  readonly name: string;
  /** Its namespace. */
  readonly namespace?: string;
  /** What it is part of. */
  readonly partOf: string;
  /** Runs in its pods. */
  readonly image: string;
  /** Its configuration as text. */
  readonly text: string;
  /** Its ports. */
  readonly config: NginxConfig;
  /** Name of the Secret with the certificate; absent for plain text. */
  readonly certificateSecret?: string;
  /** Number of pods. */
  readonly replicas: number;
  /** Memory of a pod in mebibytes. */
  readonly memoryMib: number;
  /** CPU that a pod asks for, in thousandths. */
  readonly cpuMillis: number;
  /** Where it stands. */
  readonly placement?: Placement;
  /** What its Service is told. */
  readonly service: ServiceOptions;
}

function selector({ name }: Nginx): Record<string, string> {
  return { 'app.kubernetes.io/name': 'nginx', 'app.kubernetes.io/instance': name };
}

function metadata(nginx: Nginx): k8s.ObjectMeta {
  const { name, namespace, partOf } = nginx;
  return {
    name,
    namespace,
    labels: {
      ...selector(nginx),
      'app.kubernetes.io/component': 'load-balancer',
      'app.kubernetes.io/part-of': partOf,
      'app.kubernetes.io/managed-by': 'cdk8s',
    },
  };
}

/** Holds the configuration. */
export function nginxConfigMap(scope: Construct, id: string, nginx: Nginx): k8s.KubeConfigMap {
  return new k8s.KubeConfigMap(scope, id, {
    metadata: { ...metadata(nginx), name: `${nginx.name}-config` },
    data: { [NGINX_FILES.template]: nginx.text },
  });
}

/** The one address that senders are given. */
export function nginxService(scope: Construct, id: string, nginx: Nginx): k8s.KubeService {
  const { config, certificateSecret } = nginx;
  const {
    annotations, labels, trafficDistribution, nodePorts, publishNotReadyAddresses: _, ...options
  } = nginx.service;
  const { labels: own, ...named } = metadata(nginx);
  const port = (
    name: string, number: number | undefined, nodePort: number | undefined, appProtocol: string,
  ) => number === undefined ? [] : [{
    name,
    port: number,
    protocol: 'TCP',
    targetPort: k8s.IntOrString.fromString(name),
    ...nodePort === undefined ? {} : { nodePort },
    ...certificateSecret === undefined ? { appProtocol } : {},
  }];
  const service = new k8s.KubeService(scope, id, {
    metadata: { ...named, labels: { ...labels, ...own }, annotations },
    spec: {
      type: 'ClusterIP',
      ...options,
      selector: selector(nginx),
      ports: [
        ...port(GRPC_PORT_NAME, config.grpc, nodePorts?.grpc, 'grpc'),
        ...port(HTTP_PORT_NAME, config.http, nodePorts?.http, 'http'),
      ],
    },
  });
  if (trafficDistribution !== undefined) {
    changeWritten(service, (manifest) => {
      Object.assign((manifest as { spec: object }).spec, { trafficDistribution });
    });
  }
  return service;
}

/** Keeps those who empty nodes from taking all pods; none for a single one. */
export function nginxBudget(
  scope: Construct, id: string, nginx: Nginx,
): k8s.KubePodDisruptionBudget | undefined {
  if (nginx.replicas < 2) return undefined;
  return new k8s.KubePodDisruptionBudget(scope, id, {
    metadata: metadata(nginx),
    spec: {
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      selector: { matchLabels: selector(nginx) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}

/** Stamps the pods out. */
export function nginxDeployment(scope: Construct, id: string, nginx: Nginx): k8s.KubeDeployment {
  const { replicas, placement, name, certificateSecret } = nginx;
  return new k8s.KubeDeployment(scope, id, {
    metadata: metadata(nginx),
    spec: {
      replicas,
      selector: { matchLabels: selector(nginx) },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: {
          maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0),
        },
      },
      template: {
        metadata: {
          labels: { ...selector(nginx), 'app.kubernetes.io/component': 'load-balancer' },
          annotations: { 'checksum/config': checksum(nginx.text) },
        },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: ENDPOINT_REMOVAL_SECONDS + SHUTDOWN_SECONDS,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: NGINX_USER,
            runAsGroup: NGINX_USER,
            fsGroup: NGINX_USER,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          nodeSelector: { 'kubernetes.io/os': 'linux', ...placement?.nodeLabels },
          tolerations: askedTolerations(placement),
          topologySpreadConstraints: spread(nginx),
          containers: [container(nginx)],
          volumes: [
            { name: 'config', configMap: { name: `${name}-config` } },
            { name: 'tmp', emptyDir: { sizeLimit: quantity(SCRATCH.toMebibytes()) } },
            ...certificateSecret === undefined ? []
              : [{ name: 'certificate', secret: { secretName: certificateSecret } }],
          ],
        },
      },
    },
  });
}

function quantity(mib: number): k8s.Quantity {
  return k8s.Quantity.fromString(`${mib}Mi`);
}

function spread(nginx: Nginx): k8s.TopologySpreadConstraint[] {
  return ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector(nginx) },
    matchLabelKeys: ['pod-template-hash'],
  }));
}

function container(nginx: Nginx): k8s.Container {
  const { image, config, memoryMib, cpuMillis, certificateSecret } = nginx;
  const port = (name: string, containerPort: number | undefined) =>
    containerPort === undefined ? [] : [{ name, containerPort, protocol: 'TCP' }];
  const { template, templates, output } = NGINX_FILES;
  const at = `${templates}/${template}`;
  return {
    name: 'nginx',
    image,
    imagePullPolicy: 'IfNotPresent',
    args: ['nginx', '-c', output, '-g', 'daemon off;'],
    env: [
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      // The image then tells the name servers of the pod as NGINX_LOCAL_RESOLVERS.
      { name: 'NGINX_ENTRYPOINT_LOCAL_RESOLVERS', value: 'true' },
      { name: 'NGINX_ENVSUBST_FILTER', value: `^(${NGINX_VARIABLES.join('|')})$` },
      { name: 'NGINX_ENVSUBST_OUTPUT_DIR', value: '/tmp' },
    ],
    ports: [
      ...port(GRPC_PORT_NAME, config.grpc), ...port(HTTP_PORT_NAME, config.http),
      ...port(HEALTH_PORT_NAME, NGINX_HEALTH_PORT),
    ],
    resources: {
      requests: { cpu: k8s.Quantity.fromString(`${cpuMillis}m`), memory: quantity(memoryMib) },
      limits: { memory: quantity(memoryMib) },
    },
    startupProbe: probe({ periodSeconds: 1, failureThreshold: 60 }),
    livenessProbe: probe({ periodSeconds: 10, failureThreshold: 6, timeoutSeconds: 5 }),
    readinessProbe: probe({ periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 3 }),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      // As a file by itself: the image would take links beside it for further templates.
      { name: 'config', mountPath: at, subPath: template, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      ...certificateSecret === undefined ? []
        : [{ name: 'certificate', mountPath: NGINX_FILES.certificate, readOnly: true }],
    ],
  };
}

function probe(timing: Omit<k8s.Probe, 'httpGet'>): k8s.Probe {
  return {
    httpGet: { path: '/healthz', port: k8s.IntOrString.fromString(HEALTH_PORT_NAME) }, ...timing,
  };
}
