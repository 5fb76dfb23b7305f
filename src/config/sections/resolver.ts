/**
 * How the load-balancing exporter learns its backends.
 */
import { isIPv6 } from 'net';
import type { Duration } from 'cdk8s';
import * as z from 'zod/mini';
import {
  choice, count, duration, flag, leaf, list, mustBe, text, type Field,
} from '../fields';
import { shown } from '../problem';
import { optionalSection, section, type Report, type SettingsOf } from '../section';
import { endpointFault } from './grpc-client';

/** Backends that are listed by hand. */
export interface StaticResolverConfig {
  /**
   * Addresses of the backends; the port is 4317 where none is given.
   */
  readonly hostnames: string[];
}

/** Backends that a DNS name resolves to. */
export interface DnsResolverConfig {
  /**
   * Name whose addresses are the backends, such as a headless Service's.
   */
  readonly hostname: string;
  /**
   * Port of the backends; 4317 when empty.
   * @default ""
   */
  readonly port?: string;
  /**
   * Time between two look-ups.
   * @default Duration.seconds(5)
   */
  readonly interval?: Duration;
  /**
   * Time that a look-up may take.
   * @default Duration.seconds(1)
   */
  readonly timeout?: Duration;
}

/** Backends that are the endpoints of a Kubernetes Service. */
export interface K8sResolverConfig {
  /**
   * The Service: its name, `name.namespace`, or its full DNS name.
   */
  readonly service: string;
  /**
   * Ports of the backends; 4317 when empty.
   * @default []
   */
  readonly ports?: number[];
  /**
   * Time that listing and watching may take.
   * @default Duration.minutes(1)
   */
  readonly timeout?: Duration;
  /**
   * Whether backends are named by host name rather than by address (pods of a StatefulSet).
   * @default false
   */
  readonly returnHostnames?: boolean;
}

/** Backends that are instances of a service in AWS Cloud Map. */
export interface AwsCloudMapResolverConfig {
  /**
   * HTTP name of the namespace.
   */
  readonly namespace: string;
  /**
   * Name of the service.
   */
  readonly serviceName: string;
  /**
   * Which instances count by their health: HEALTHY, UNHEALTHY, ALL or HEALTHY_OR_ELSE_ALL; empty
   * leaves it to Cloud Map.
   * @default ""
   */
  readonly healthStatus?: string;
  /**
   * Time between two look-ups.
   * @default Duration.seconds(30)
   */
  readonly interval?: Duration;
  /**
   * Time that a look-up may take.
   * @default Duration.seconds(5)
   */
  readonly timeout?: Duration;
  /**
   * Port of the backends; 0 is the port that each instance is registered with.
   * @default 0
   */
  readonly port?: number;
  /**
   * Account that owns the namespace, where it is shared with one's own.
   * @default ""
   */
  readonly ownerAccount?: string;
}

/** How the exporter learns its backends: exactly one of these. */
export interface ResolverConfig {
  /**
   * Backends that are listed by hand.
   * @default - not used
   */
  readonly static?: StaticResolverConfig;
  /**
   * Backends that a DNS name resolves to.
   * @default - not used
   */
  readonly dns?: DnsResolverConfig;
  /**
   * Backends that are the endpoints of a Kubernetes Service.
   * @default - not used
   */
  readonly k8s?: K8sResolverConfig;
  /**
   * Backends that are instances of a service in AWS Cloud Map.
   * @default - not used
   */
  readonly awsCloudMap?: AwsCloudMapResolverConfig;
}

/** A port that YAML must hold as text, because upstream refuses a number. */
function portText(): Field<string, string> {
  const what = 'a port as text, such as "4317"';
  return leaf(() => z.string(mustBe(what)), '', {
    decode: (value: string, refuse) => {
      const isPort = value === '' || /^\d+$/.test(value) && Number(value) <= 65_535;
      if (!isPort) refuse(mustBe(what).error({ input: value }));
      return value;
    },
  });
}

/** Why nothing can be sent to a backend; one without a port is reached at that of OTLP. */
function backendFault(backend: string): string | undefined {
  if (backend === '') return 'must name a backend';
  if (isIPv6(backend)) return undefined;
  const isBare = !backend.includes(':') || /^\[[^\]]*\]$/.test(backend);
  return endpointFault(isBare ? `${backend}:4317` : backend);
}

const off = { absent: 'off', empty: 'off' } as const;

/** The fields of the resolvers, for those who need more than these of them. */
export const resolverFields = {
  static: optionalSection<StaticResolverConfig>()(off, { hostnames: list(text()) }, {
    check: ({ hostnames }, report) => {
      if (hostnames.length === 0) report(['hostnames'], 'must list at least one backend');
      hostnames.forEach((hostname, index) => {
        const fault = backendFault(hostname);
        if (fault !== undefined) {
          report(['hostnames', index], `${fault}, got ${shown(hostname)}`);
        }
      });
    },
  }),
  dns: optionalSection<DnsResolverConfig>()(off, {
    hostname: text(),
    port: portText(),
    interval: duration('5s'),
    timeout: duration('1s'),
  }, {
    check: ({ hostname }, report) => {
      if (!/^[^\s:/]+$/.test(hostname)) {
        report(['hostname'],
          `must name a host, without scheme and port, got ${JSON.stringify(hostname)}`);
      }
    },
  }),
  k8s: optionalSection<K8sResolverConfig>()(off, {
    service: text(),
    ports: list(count({ min: 1, max: 65_535 }), []),
    timeout: duration('1m'),
    returnHostnames: flag({ fallback: false }),
  }, { check: ({ service }, report) => serviceHasNamespace(service, report) }),
  awsCloudMap: optionalSection<AwsCloudMapResolverConfig>()(off, {
    namespace: text(),
    serviceName: text(),
    healthStatus: choice(['', 'HEALTHY', 'UNHEALTHY', 'ALL', 'HEALTHY_OR_ELSE_ALL'], ''),
    interval: duration('30s'),
    timeout: duration('5s'),
    port: count({ fallback: 0, max: 65_535 }),
    ownerAccount: text({ fallback: '' }),
  }, {
    check: ({ namespace, serviceName }, report) => {
      if (namespace === '') report(['namespace'], 'must name a Cloud Map namespace, got ""');
      if (serviceName === '') report(['service_name'], 'must name a Cloud Map service, got ""');
    },
  }),
};

/** What the load-balancing exporter knows of its backends. */
export type ResolverSettings = SettingsOf<typeof resolverFields>;

function serviceHasNamespace(service: string, report: Report): void {
  const [name, namespace, svc, ...domain] = service.split('.');
  const fault = name === '' ? 'must begin with the name of a Service'
    : namespace === '' ? 'must name a namespace after the first dot'
      : svc !== undefined && svc !== 'svc' ? 'must have "svc" after its second dot'
        : svc !== undefined && domain.join('') === '' ? 'must end in the cluster domain'
          : undefined;
  if (fault !== undefined) {
    report(['service'],
      `${fault} (name, name.namespace or name.namespace.svc.cluster.local), got ` +
      JSON.stringify(service));
  }
}

/** Exactly one resolver. */
export const resolver = section<ResolverConfig>()(resolverFields, {
  check: (settings, report) => {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined)
      .map(([name]) => name === 'awsCloudMap' ? 'aws_cloud_map' : name);
    if (given.length === 1) return;
    const got = given.length === 0 ? 'none' : given.join(' and ');
    report([], `must hold exactly one of static, dns, k8s and aws_cloud_map, got ${got}`);
  },
});
