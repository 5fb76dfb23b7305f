/**
 * The contract of upstream's host metrics receiver.
 */
import type { Duration } from 'cdk8s';
import { component } from '../contract';
import { duration, text } from '../fields';
import { hostMetricsScrapers, type HostMetricsScrapersConfig } from './host-metrics-scrapers';

/** Looks at the machine: its processors, memory, disks, networks and processes. */
export interface HostMetricsReceiverConfig {
  /**
   * Time between two looks.
   * @default Duration.minutes(1)
   */
  readonly collectionInterval?: Duration;
  /**
   * Time before the first look.
   * @default Duration.seconds(1)
   */
  readonly initialDelay?: Duration;
  /**
   * Time that a look may take; zero is the interval.
   * @default Duration.millis(0)
   */
  readonly timeout?: Duration;
  /**
   * Where the machine's root directory is mounted; the container's own when empty.
   * @default ""
   */
  readonly rootPath?: string;
  /**
   * Time between two descriptions of the machine, in a pipeline of logs; zero is never.
   * @default Duration.minutes(5)
   */
  readonly metadataCollectionInterval?: Duration;
  /**
   * What is looked at.
   */
  readonly scrapers: HostMetricsScrapersConfig;
}

/** The contract of the host metrics receiver. */
export const hostMetricsReceiver = component<HostMetricsReceiverConfig>()(
  'receivers', 'host_metrics', {
    collectionInterval: duration('1m'),
    initialDelay: duration('1s'),
    timeout: duration('0s'),
    rootPath: text({ fallback: '' }),
    metadataCollectionInterval: duration('5m'),
    scrapers: hostMetricsScrapers,
  }, { aliases: ['hostmetrics'], upstreamSignals: ['metrics', 'logs'] });
