/** Logs of the containers on a node. */
import { Duration } from 'cdk8s';
import { making } from './making';
import type { CollectorVersion, PartFacts, PartVolume, TierPart } from './part';
import { fileLogReceiver, fileStorageExtension, spelling } from '../config';
import { minorOf } from '../distribution/versions';
import { Signal } from '../graph/signal';

/** How logs of containers are read. */
export interface ContainerLogsOptions {
  /**
   * Patterns of the files that are read; `*` is anything but `/`. Kubelets name them
   * `/var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log`.
   * @default - all files that kubelets write there
   */
  readonly include?: string[];
  /**
   * Patterns of files that are left out. The agents' own logs always are, for they would make more
   * of themselves.
   * @default - only those of the agents
   */
  readonly exclude?: string[];
  /**
   * Whether what was written before the first agent came is read, too.
   * @default false
   */
  readonly isFromBeginning?: boolean;
  /**
   * Whether agents keep on the node how far they read, in /var/lib/otelgw. A new agent goes on from
   * there, and can only begin when the old one has ended; one that is killed at once loses what it
   * had read and not sent. Without, logs are lost or come twice with every restart; GKE Autopilot
   * lets nobody write there.
   * @default true
   */
  readonly hasCheckpoints?: boolean;
  /**
   * Pattern (RE2) of the first lines of records, such as `^\d{4}-`: other lines belong to the
   * record before them. One pattern for all containers.
   * @default - every line is a record
   */
  readonly lineStartPattern?: string;
  /**
   * Steps that are done to each record besides, each with its `type`, such as json_parser.
   * @default - none
   */
  readonly operators?: Record<string, any>[];
  /**
   * Whether Docker runs the containers: the files then lie in /var/lib/docker.
   * @default false
   */
  readonly isDocker?: boolean;
}

const LOG_FOLDER = '/var/log/pods';
const DOCKER_FOLDER = '/var/lib/docker/containers';
/** What outlives a pod, as queues do: each kind has a folder of its own. */
const STATE_FOLDER = '/var/lib/otelgw';
const CHECKPOINTS = 'checkpoints';
const CHECKPOINT_FOLDER = `${STATE_FOLDER}/${CHECKPOINTS}`;

/** What it adds to an agent. */
export function containerLogsPart(options: ContainerLogsOptions, facts: PartFacts): TierPart {
  const { hasCheckpoints = true, isDocker = false } = options;
  return making('containerLogs', Signal.LOGS, facts, {
    receivers: [{
      contract: fileLogReceiver,
      signals: [Signal.LOGS],
      write: (at, version) => fileLogReceiver.write({
        include: options.include ?? [`${LOG_FOLDER}/*/*/*.log`],
        exclude: [ownLogs(facts), ...options.exclude ?? []],
        startAt: options.isFromBeginning === true ? 'beginning' : 'end',
        includeFilePath: true,
        includeFileName: false,
        ...hasCheckpoints
          ? { storage: `${spelling(fileStorageExtension, version)}/${CHECKPOINTS}` } : {},
        // Reading waits until the pipeline takes lines again, however long: the files are there.
        retryOnFailure: { enabled: true, maxElapsedTime: Duration.millis(0) },
        operators: operatorsOf(options),
      }, at),
    }],
    ...hasCheckpoints ? {
      extensions: [{
        contract: fileStorageExtension,
        name: CHECKPOINTS,
        write: (at, version) => fileStorageExtension.write({
          directory: CHECKPOINT_FOLDER, ...canRecreate(version) ? { recreate: true } : {},
        }, at),
      }],
    } : {},
    volumes: [
      readOnly('pod-logs', LOG_FOLDER),
      ...isDocker ? [readOnly('docker-logs', DOCKER_FOLDER)] : [],
      ...hasCheckpoints ? [checkpoints(facts)] : [],
    ],
    // Kubelets let nobody but root read these files, and write to the folder that they create.
    host: { isRoot: true },
  });
}

/** Whether a file that a crash of the node broke can be put aside: contrib v0.131.0 #35899. */
function canRecreate(version: CollectorVersion): boolean {
  return (minorOf(version ?? '') ?? Infinity) >= 131;
}

/** Five letters end the names of a DaemonSet's pods; those of other tiers are not meant. */
function ownLogs({ name, namespace = '${env:POD_NAMESPACE}' }: PartFacts): string {
  return `${LOG_FOLDER}/${namespace}_${name}-?????_*/collector/*.log`;
}

function operatorsOf(
  { lineStartPattern, operators = [] }: ContainerLogsOptions,
): Record<string, any>[] {
  return [
    { type: 'container', id: 'container-parser' },
    ...lineStartPattern === undefined ? [] : [{
      type: 'recombine',
      id: 'lines',
      combine_field: 'body',
      // A `$` alone would be read as the beginning of a variable.
      is_first_entry: `body matches ${JSON.stringify(lineStartPattern).replace(/\$/g, '$$$$')}`,
    }],
    ...operators,
  ];
}

function readOnly(name: string, path: string): PartVolume {
  return { volume: { name, hostPath: { path } }, mount: { mountPath: path, readOnly: true } };
}

/** Every tier has a folder of its own on the node: files in it are for one collector at a time. */
function checkpoints({ name, namespace = 'default' }: PartFacts): PartVolume {
  const path = [STATE_FOLDER, namespace, name, CHECKPOINTS].join('/');
  return {
    volume: { name: CHECKPOINTS, hostPath: { path, type: 'DirectoryOrCreate' } },
    mount: { mountPath: CHECKPOINT_FOLDER },
  };
}
