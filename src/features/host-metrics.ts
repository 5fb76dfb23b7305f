/** Metrics of the node itself. */
import { Duration } from 'cdk8s';
import { making } from './making';
import type { PartFacts, PartVolume, TierPart } from './part';
import { hostMetricsReceiver, type HostMetricsReceiverConfig } from '../config';
import { Signal } from '../graph/signal';

/** What is looked at on a node. */
export enum HostScraper {
  /** Time that processors spend. */
  CPU = 'cpu',
  /** Memory in use. */
  MEMORY = 'memory',
  /** Load of the processors. */
  LOAD = 'load',
  /** Reads and writes of disks. */
  DISK = 'disk',
  /** Space in file systems that are on disks. */
  FILESYSTEM = 'filesystem',
  /**
   * Traffic of network interfaces. A pod sees only its own, so that agents then stand in the
   * network of the node: they take their ports from it, and no NetworkPolicy holds for them.
   * `kubeletMetrics` has the traffic of nodes and pods without that.
   */
  NETWORK = 'network',
  /** Paging and swap space. */
  PAGING = 'paging',
  /** How many processes there are. */
  PROCESSES = 'processes',
  /**
   * What each process uses. What only root may read is left out silently: the paths of programs,
   * and reads and writes to disks.
   */
  PROCESS = 'process',
  /** How long the node is up. */
  SYSTEM = 'system',
}

/** How a node is looked at. */
export interface HostMetricsOptions {
  /**
   * Time between two looks.
   * @default Duration.seconds(30)
   */
  readonly interval?: Duration;
  /**
   * What is looked at.
   * @default - CPU, MEMORY, LOAD, DISK, FILESYSTEM and PAGING: what needs no privilege
   */
  readonly scrapers?: HostScraper[];
}

const ROOT_PATH = '/hostfs';
const INTERVAL = Duration.seconds(30);
const UNPRIVILEGED = [
  HostScraper.CPU, HostScraper.MEMORY, HostScraper.LOAD, HostScraper.DISK, HostScraper.FILESYSTEM,
  HostScraper.PAGING,
];

/** File systems that hold nothing of their own, by the presets of upstream's chart. */
const PSEUDO_FILE_SYSTEMS = [
  'autofs', 'binfmt_misc', 'bpf', 'cgroup2', 'configfs', 'debugfs', 'devpts', 'devtmpfs', 'fusectl',
  'hugetlbfs', 'iso9660', 'mqueue', 'nsfs', 'overlay', 'proc', 'procfs', 'pstore', 'rpc_pipefs',
  'securityfs', 'selinuxfs', 'squashfs', 'sysfs', 'tracefs',
];
/**
 * Mount points of containers and of the kernel, by the same presets. They begin with the root path
 * where the first process of the node may not be looked at.
 */
const FOREIGN_MOUNTS = `^(${ROOT_PATH})?/(dev|proc|sys|run/k3s/containerd|run/containerd`
  + '|var/lib/docker|var/lib/containerd|var/lib/kubelet|snap)/';

const SETTINGS: HostMetricsReceiverConfig['scrapers'] = {
  filesystem: {
    excludeFsTypes: { fsTypes: PSEUDO_FILE_SYSTEMS, matchType: 'strict' },
    excludeMountPoints: { mountPoints: [FOREIGN_MOUNTS], matchType: 'regexp' },
  },
  process: { muteProcessAllErrors: true },
};

/** The whole node, read only; what is mounted there later shows up as well. */
const HOST_FILES: PartVolume = {
  volume: { name: 'hostfs', hostPath: { path: '/' } },
  mount: { mountPath: ROOT_PATH, readOnly: true, mountPropagation: 'HostToContainer' },
};

/** What it adds to an agent. */
export function hostMetricsPart(
  { interval = INTERVAL, scrapers = UNPRIVILEGED }: HostMetricsOptions, facts: PartFacts,
): TierPart {
  // gopsutil reads <root path>/proc/net, which is always the reader's own network namespace.
  const isInNetwork = scrapers.includes(HostScraper.NETWORK);
  return making('hostMetrics', Signal.METRICS, facts, {
    receivers: [{
      contract: hostMetricsReceiver,
      signals: [Signal.METRICS],
      write: (at) => hostMetricsReceiver.write({
        collectionInterval: interval,
        rootPath: ROOT_PATH,
        scrapers: Object.fromEntries(
          scrapers.map((scraper) => [scraper, SETTINGS[scraper] ?? {}])),
      }, at),
    }],
    volumes: [HOST_FILES],
    ...isInNetwork ? { host: { network: true } } : {},
  });
}
