import { readFileSync } from 'fs';
import { join } from 'path';
import { comparableName, K8S_COMPONENTS } from './component-lists';
import { contracts } from '../config';

const REPOSITORY = 'ghcr.io/cdk8s-otel-gateway/otelgw';
/** A version that knows the names that all versions know. */
const OLDEST_SPELLING = '0.100.0';
const PACKAGE = join(__dirname, '..', '..', 'package.json');

/** Where the runtime's image is taken from. */
export interface RuntimeImageOptions {
  /**
   * The image without its tag, such as a mirror's.
   * @default "ghcr.io/cdk8s-otel-gateway/otelgw"
   */
  readonly repository?: string;
  /**
   * The tag.
   * @default - the version of this package
   */
  readonly tag?: string;
}

/** An image with a collector that somebody else built. */
export interface CustomImageOptions {
  /**
   * The image with its tag or digest.
   */
  readonly image: string;
  /**
   * Its components as `section.type`, such as `exporters.otlp_grpc`; a configuration with any
   * other is then refused.
   * @default - not checked
   */
  readonly components?: string[];
  /**
   * Version of the OpenTelemetry Collector inside, such as `0.150.0`. It decides how components
   * are named.
   * @default - names that every version knows
   */
  readonly version?: string;
}

/**
 * How a collector of a distribution is started.
 * @internal
 */
export interface ImageTraits {
  /** Its name. */
  readonly distribution: string;
  /** Its components as `section.type`; absent when nobody knows. */
  readonly components?: Iterable<string>;
  /** Version of the OpenTelemetry Collector inside, when that decides how names are spelled. */
  readonly version?: string;
  /** Whether its tags are versions. */
  readonly isPublished?: boolean;
  /** Whether it is the collector of this package. */
  readonly isRuntime?: boolean;
  /** What to start in place of the image's entry point. */
  readonly command?: string[];
  /** What its environment must hold. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folders that it writes to. */
  readonly writable?: readonly string[];
}

/** The image of a collector, and what is known about what is inside. */
export class CollectorImage {
  /** The collector of this package: everything that the constructs write by themselves. */
  public static runtime(options: RuntimeImageOptions = {}): CollectorImage {
    const { repository = REPOSITORY, tag = packageVersion() } = options;
    return new CollectorImage(`${repository}:${tag}`, {
      distribution: 'otelgw',
      isRuntime: true,
      components: contracts.map(({ section, type }) => `${section}.${type}`),
    });
  }

  /** OpenTelemetry's largest distribution, such as `contrib('0.159.0')`. */
  public static contrib(version: string): CollectorImage {
    return new CollectorImage(
      `otel/opentelemetry-collector-contrib:${version}`,
      { distribution: 'otelcol-contrib', isPublished: true, version },
    );
  }

  /** OpenTelemetry's distribution for Kubernetes, such as `k8s('0.159.0')`. */
  public static k8s(version: string): CollectorImage {
    return new CollectorImage(`otel/opentelemetry-collector-k8s:${version}`, {
      distribution: 'otelcol-k8s', isPublished: true, version, components: K8S_COMPONENTS,
    });
  }

  /** Datadog's distribution (DDOT), such as `datadog('7.76.0')`: the version of its agent. */
  public static datadog(version: string): CollectorImage {
    return new CollectorImage(`registry.datadoghq.com/ddot-collector:${version}`, {
      distribution: 'ddot',
      isPublished: true,
      version: OLDEST_SPELLING,
      command: ['otel-agent'],
      env: {
        DD_OTELCOLLECTOR_ENABLED: 'true',
        DD_REMOTE_CONFIGURATION_ENABLED: 'false',
        DD_CMD_PORT: '0',
        DD_AGENT_IPC_PORT: '0',
      },
      writable: ['/tmp', '/var/log/datadog'],
    });
  }

  /** Any other image whose entry point is an OpenTelemetry Collector. */
  public static custom(options: CustomImageOptions): CollectorImage {
    const { image, components, version = OLDEST_SPELLING } = options;
    return new CollectorImage(image, { distribution: image, components, version });
  }

  private readonly components?: ReadonlySet<string>;

  private constructor(
    /** The image with its tag or digest. */
    public readonly image: string,
    private readonly traits: ImageTraits,
  ) {
    if (traits.components !== undefined) {
      this.components = new Set([...traits.components].map((name) => {
        const [section, type] = name.split('.');
        return comparableName(section, type);
      }));
    }
  }

  /** Name of the distribution inside. */
  public get distribution(): string {
    return this.traits.distribution;
  }

  /** Whether it is this package's own collector. */
  public get isRuntime(): boolean {
    return this.traits.isRuntime === true;
  }

  /**
   * What is wrong with how it is named.
   * @internal
   */
  public get _problems(): string[] {
    const { version, isPublished = false } = this.traits;
    const tag = this.image.slice(this.image.lastIndexOf(':') + 1);
    if (isPublished && !/^\d+\.\d+\.\d+/.test(tag)) {
      return ['image: must have a version such as 0.159.0, by which its components are named, got'
        + ` ${JSON.stringify(tag)}.\n→ give the version without v, and not latest.`];
    }
    return /^[^\s:]+(:\d+\/[^\s:]+)?([:@][^\s]+)?$/.test(this.image) && version !== '' ? [] : [
      `image: must be the name of an image, got ${JSON.stringify(this.image)}.`
      + '\n→ write it like \'registry.example.com/otelcol:0.159.0\'.',
    ];
  }

  /**
   * How it is started, and what it needs.
   * @internal
   */
  public get _traits(): ImageTraits {
    return this.traits;
  }

  /**
   * Whether it holds a component; true as well when nobody knows.
   * @internal
   */
  public _holds(section: string, type: string): boolean {
    return this.components?.has(comparableName(section, type)) ?? true;
  }

  /**
   * Whether its k8s resolver reads Endpoints rather than, or beside, EndpointSlices.
   * @internal
   */
  public get _readsEndpoints(): boolean {
    const minor = /^v?0\.(\d+)/.exec(this.traits.version ?? '')?.[1];
    return minor !== undefined && Number(minor) < 140;
  }
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  return version;
}
