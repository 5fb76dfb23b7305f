import {
  bound, type BoundBackend, type Spelled, type WrittenExporter,
} from './backends/backend-kind';
import { datadogStore, type DatadogAccount } from './backends/datadog';
import { debugLog } from './backends/debug';
import type {
  DatadogBackendOptions, DebugBackendOptions, LoadBalancedBackendOptions, OtlpBackendOptions,
  PrometheusBackendOptions, PrometheusRemoteWriteBackendOptions, RawBackendOptions,
} from './backends/options';
import { loadBalancedStores, otlpGrpcStore, otlpHttpStore } from './backends/otlp';
import { remoteWriteStore, scrapedMetrics } from './backends/prometheus';
import type { TierPart } from './features/part';
import { rawComponent } from './features/raw-component';
import type { SecretReference } from './graph/secret-reference';
import type { Signal } from './graph/signal';
import type { SendingQueue } from './sending-queue';
import { BACKEND_KINDS } from './tier-kinds';

/** Where telemetry leaves the cluster of collectors. `name`: letters, digits and `.`, `_`, `-`. */
export class Backend {
  /** A store that speaks OTLP over gRPC. */
  public static otlp(name: string, options: OtlpBackendOptions): Backend {
    return new Backend(name, bound(name, options, otlpGrpcStore(name)));
  }

  /** A store that speaks OTLP over HTTP. */
  public static otlpHttp(name: string, options: OtlpBackendOptions): Backend {
    return new Backend(name, bound(name, options, otlpHttpStore(name, options?.endpoint)));
  }

  /**
   * Several stores that speak OTLP over gRPC; what has the same key goes to the same one. Takes the
   * signals that the key spreads: traces, unless told otherwise.
   */
  public static loadBalanced(name: string, options: LoadBalancedBackendOptions): Backend {
    return new Backend(name, bound(name, options, loadBalancedStores(name)));
  }

  /**
   * Datadog. Its exporter is in Datadog's own collector and in otelcol-contrib.
   */
  public static datadog(name: string, options: DatadogBackendOptions): Backend {
    const { apiKey } = (options ?? {}) as { readonly apiKey?: unknown };
    // A key that somebody typed must not be shown by the sentence that refuses it.
    const shown = typeof apiKey === 'string' ? { ...options, apiKey: 'text' as never } : options;
    return new Backend(name, bound(name, shown, datadogStore(name)));
  }

  /** A store that takes what Prometheus writes to others. Takes metrics. */
  public static prometheusRemoteWrite(
    name: string, options: PrometheusRemoteWriteBackendOptions,
  ): Backend {
    return new Backend(name, bound(name, options, remoteWriteStore(name)));
  }

  /**
   * Prometheus, which fetches metrics from a port of every pod, under `/metrics`. Takes metrics.
   * Each pod shows what came to it.
   */
  public static prometheus(name: string, options: PrometheusBackendOptions = {}): Backend {
    return new Backend(name, bound(name, options, scrapedMetrics(name)));
  }

  /** A log of what comes by, in the output of the collectors. */
  public static debug(name: string = 'debug', options: DebugBackendOptions = {}): Backend {
    return new Backend(name, bound(name, options, debugLog(name)));
  }

  /**
   * Any exporter, with its configuration as it stands in YAML. `type` is the exporter's name, such
   * as `file` or `kafka`; secrets are referred to as `${env:NAME}`.
   */
  public static fromYaml(
    name: string, type: string, config: Record<string, any>, options: RawBackendOptions = {},
  ): Backend {
    const { component, signals, problems } = rawComponent('exporters', type, config);
    return new Backend(name, bound(name, options, {
      type,
      kinds: BACKEND_KINDS,
      signals: () => signals,
      problems: () => problems,
      secrets: ({ secrets = {} }) => Object.entries(secrets),
      write: () => ({ type, config: component.write([], undefined) }),
    }));
  }

  private constructor(
    /** Its name: exporters are called `type/name`. */
    public readonly name: string,
    private readonly store: BoundBackend,
  ) {}

  /** Signals that it takes. */
  public get signals(): Signal[] {
    return this.store.signals;
  }

  /**
   * Type of its exporter, in upstream's present spelling.
   * @internal
   */
  public get _type(): string {
    return this.store.type;
  }

  /**
   * What is wrong with its options.
   * @internal
   */
  public get _problems(): readonly string[] {
    return this.store.problems;
  }

  /**
   * The exporter, its type in the words that `spelled` gives.
   * @throws ConfigurationError with all mistakes in its options.
   * @internal
   */
  public _write(spelled: Spelled): WrittenExporter {
    return this.store.write(spelled);
  }

  /**
   * Secrets by the environment variables that its configuration refers to.
   * @internal
   */
  public get _secrets(): readonly [string, SecretReference][] {
    return this.store.secrets;
  }

  /**
   * What it adds to a tier beside the exporter: ports, and files that the exporter reads.
   * @internal
   */
  public get _part(): TierPart {
    return this.store.part;
  }

  /**
   * Where requests wait; absent for what is usual.
   * @internal
   */
  public get _queue(): SendingQueue | undefined {
    return this.store.queue;
  }

  /**
   * The account, when this is Datadog.
   * @internal
   */
  public get _account(): DatadogAccount | undefined {
    return this.store.account;
  }
}
