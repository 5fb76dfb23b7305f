/**
 * What the host metrics receiver looks at.
 */
import type { Duration } from 'cdk8s';
import { duration, flag, list, openMap, text } from '../fields';
import { givenSection, section } from '../section';
import { MATCH_UPSTREAM_ONLY, matchType, type NameMatchConfig } from '../sections/match';

/** What all scrapers have in common. */
export interface HostScraperConfig {
  /**
   * Metrics by name, such as `system.cpu.utilization`, with `enabled` and others.
   * @default {}
   */
  readonly metrics?: Record<string, any>;
}

/** Load of the processors. */
export interface LoadScraperConfig extends HostScraperConfig {
  /**
   * Whether the load is divided by the number of processors.
   * @default false
   */
  readonly cpuAverage?: boolean;
}

/** Disks by name. */
export interface DiskMatchConfig extends NameMatchConfig {
  /**
   * Names of the disks.
   * @default []
   */
  readonly devices?: string[];
}

/** Reads and writes of disks. */
export interface DiskScraperConfig extends HostScraperConfig {
  /**
   * Disks that are looked at.
   * @default - all
   */
  readonly include?: DiskMatchConfig;
  /**
   * Disks that are left out.
   * @default - none
   */
  readonly exclude?: DiskMatchConfig;
}

/** File systems by type. */
export interface FsTypeMatchConfig extends NameMatchConfig {
  /**
   * Types of file systems, such as ext4.
   * @default []
   */
  readonly fsTypes?: string[];
}

/** File systems by where they are mounted. */
export interface MountPointMatchConfig extends NameMatchConfig {
  /**
   * Paths, as the host has them.
   * @default []
   */
  readonly mountPoints?: string[];
}

/** Space in file systems. */
export interface FilesystemScraperConfig extends HostScraperConfig {
  /**
   * Whether file systems without a disk, such as tmpfs, are looked at.
   * @default false
   */
  readonly includeVirtualFilesystems?: boolean;
  /**
   * Disks that are looked at.
   * @default - all
   */
  readonly includeDevices?: DiskMatchConfig;
  /**
   * Disks that are left out.
   * @default - none
   */
  readonly excludeDevices?: DiskMatchConfig;
  /**
   * Types of file systems that are looked at.
   * @default - all
   */
  readonly includeFsTypes?: FsTypeMatchConfig;
  /**
   * Types of file systems that are left out.
   * @default - none
   */
  readonly excludeFsTypes?: FsTypeMatchConfig;
  /**
   * Mount points that are looked at.
   * @default - all
   */
  readonly includeMountPoints?: MountPointMatchConfig;
  /**
   * Mount points that are left out.
   * @default - none
   */
  readonly excludeMountPoints?: MountPointMatchConfig;
}

/** Network interfaces by name. */
export interface InterfaceMatchConfig extends NameMatchConfig {
  /**
   * Names of the interfaces.
   * @default []
   */
  readonly interfaces?: string[];
}

/** Traffic of network interfaces. */
export interface NetworkScraperConfig extends HostScraperConfig {
  /**
   * Interfaces that are looked at.
   * @default - all
   */
  readonly include?: InterfaceMatchConfig;
  /**
   * Interfaces that are left out.
   * @default - none
   */
  readonly exclude?: InterfaceMatchConfig;
}

/** Processes by name. */
export interface ProcessMatchConfig extends NameMatchConfig {
  /**
   * Names of the processes.
   * @default []
   */
  readonly names?: string[];
}

/** What each process uses. */
export interface ProcessScraperConfig extends HostScraperConfig {
  /**
   * Processes that are looked at.
   * @default - all
   */
  readonly include?: ProcessMatchConfig;
  /**
   * Processes that are left out.
   * @default - none
   */
  readonly exclude?: ProcessMatchConfig;
  /**
   * Whether nothing is logged about processes that cannot be read.
   * @default false
   */
  readonly muteProcessAllErrors?: boolean;
  /**
   * Whether nothing is logged about names that cannot be read.
   * @default false
   */
  readonly muteProcessNameError?: boolean;
  /**
   * Whether nothing is logged about reads and writes that cannot be read.
   * @default false
   */
  readonly muteProcessIoError?: boolean;
  /**
   * Whether nothing is logged about control groups that cannot be read.
   * @default false
   */
  readonly muteProcessCgroupError?: boolean;
  /**
   * Whether nothing is logged about paths of programs that cannot be read.
   * @default false
   */
  readonly muteProcessExeError?: boolean;
  /**
   * Whether nothing is logged about users that only a container knows.
   * @default false
   */
  readonly muteProcessUserError?: boolean;
  /**
   * Age from which on a process is looked at.
   * @default Duration.millis(0)
   */
  readonly scrapeProcessDelay?: Duration;
}

/** What is looked at; each scraper is on when its key is there. */
export interface HostMetricsScrapersConfig {
  /**
   * Time that processors spend.
   * @default - off
   */
  readonly cpu?: HostScraperConfig;
  /**
   * Reads and writes of disks.
   * @default - off
   */
  readonly disk?: DiskScraperConfig;
  /**
   * Space in file systems.
   * @default - off
   */
  readonly filesystem?: FilesystemScraperConfig;
  /**
   * Load of the processors.
   * @default - off
   */
  readonly load?: LoadScraperConfig;
  /**
   * Memory in use.
   * @default - off
   */
  readonly memory?: HostScraperConfig;
  /**
   * Traffic of network interfaces.
   * @default - off
   */
  readonly network?: NetworkScraperConfig;
  /**
   * Calls of NFS clients and servers.
   * @default - off
   */
  readonly nfs?: HostScraperConfig;
  /**
   * Paging and swap space.
   * @default - off
   */
  readonly paging?: HostScraperConfig;
  /**
   * How many processes there are.
   * @default - off
   */
  readonly processes?: HostScraperConfig;
  /**
   * What each process uses.
   * @default - off
   */
  readonly process?: ProcessScraperConfig;
  /**
   * How long the system is up.
   * @default - off
   */
  readonly system?: HostScraperConfig;
}

const common = { metrics: openMap() };
const match = { upstreamOnly: MATCH_UPSTREAM_ONLY };

const scraper = givenSection<HostScraperConfig>()('on', common);
const names = list(text(), []);
const disks = givenSection<DiskMatchConfig>()('off', { matchType, devices: names }, match);
const fsTypes = givenSection<FsTypeMatchConfig>()('off', { matchType, fsTypes: names }, match);
const mountPoints = givenSection<MountPointMatchConfig>()(
  'off', { matchType, mountPoints: names }, match);
const interfaces = givenSection<InterfaceMatchConfig>()(
  'off', { matchType, interfaces: names }, match);
const processes = givenSection<ProcessMatchConfig>()('off', { matchType, names }, match);

const off = flag({ fallback: false });

/** The scrapers. */
export const hostMetricsScrapers = section<HostMetricsScrapersConfig>()({
  cpu: scraper,
  disk: givenSection<DiskScraperConfig>()(
    'on', { ...common, include: disks, exclude: disks }),
  filesystem: givenSection<FilesystemScraperConfig>()('on', {
    ...common,
    includeVirtualFilesystems: off,
    includeDevices: disks,
    excludeDevices: disks,
    includeFsTypes: fsTypes,
    excludeFsTypes: fsTypes,
    includeMountPoints: mountPoints,
    excludeMountPoints: mountPoints,
  }),
  load: givenSection<LoadScraperConfig>()('on', { ...common, cpuAverage: off }),
  memory: scraper,
  network: givenSection<NetworkScraperConfig>()(
    'on', { ...common, include: interfaces, exclude: interfaces }),
  nfs: scraper,
  paging: scraper,
  processes: scraper,
  process: givenSection<ProcessScraperConfig>()('on', {
    ...common,
    include: processes,
    exclude: processes,
    muteProcessAllErrors: off,
    muteProcessNameError: off,
    muteProcessIoError: off,
    muteProcessCgroupError: off,
    muteProcessExeError: off,
    muteProcessUserError: off,
    scrapeProcessDelay: duration('0s'),
  }, { upstreamOnly: ['resource_attributes'] }),
  system: scraper,
}, {
  check: (settings, report) => {
    if (Object.values(settings).every((value) => value === undefined)) {
      report([], 'must hold at least one scraper, such as cpu');
    }
  },
});
