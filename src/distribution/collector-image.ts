import { existsSync, readFileSync } from 'fs';
import { dirname, join } from 'path';
import { comparableName, componentsOf, type PublishedDistribution } from './component-lists';
import { minorOf, NEWEST_UPSTREAM, OLDEST_UPSTREAM } from './versions';
import { contracts } from '../config';
import { kindOf, listOf, required, rightProps, textOf, type Kind } from '../config/prop-kinds';

const REPOSITORY = 'ghcr.io/cdk8s-otel-gateway/otelgw';
/** A version that knows the names that all versions know. */
const OLDEST_SPELLING = '0.100.0';
const PACKAGE_NAME = 'cdk8s-otel-gateway';
const IMAGE_NAME = /^[^\s:@]+(:\d+\/[^\s:@]+)?(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;

const text = (example: string) => textOf(/./, 'a text', example);
const RUNTIME_KINDS: Readonly<Record<string, Kind>> = {
  repository: text('\'mirror.example.com/otelgw\''), tag: text('\'1.0.0\''),
};
const PUBLISHED_KINDS: Readonly<Record<string, Kind>> = {
  repository: text('\'mirror.example.com/otelcol\''), digest: text('\'sha256:…\''),
};
const CUSTOM_KINDS: Readonly<Record<string, Kind>> = {
  image: required(text('\'registry.example.com/otelcol:0.159.0\'')),
  components: listOf(
    textOf(/^\w+\.\w+$/, '', ''), 'a list of components', '[\'exporters.otlp_grpc\']'),
  version: textOf(
    /^v?0\.\d+(\.\d+|$)/, 'a version of the OpenTelemetry Collector, and not latest',
    '\'0.159.0\''),
};
/** In place of a name without which synthesis fails anyway. */
const UNNAMED = 'collector:unknown';

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

/** Where an image of upstream is taken from. */
export interface PublishedImageOptions {
  /**
   * The image without its tag, such as a mirror's.
   * @default - where its publishers put it
   */
  readonly repository?: string;
  /**
   * Digest that the image must have, such as `sha256:…`; the version still says what is inside.
   * @default - whatever the tag stands for
   */
  readonly digest?: string;
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
    const { props, problems } = rightProps(options, RUNTIME_KINDS, 'image.', { isWhole: true });
    const { repository = REPOSITORY, tag = packageVersion() } = props;
    return new CollectorImage(`${repository}:${tag}`, problems, {
      distribution: 'otelgw',
      isRuntime: true,
      components: contracts.map(({ section, type }) => `${section}.${type}`),
    });
  }

  /** OpenTelemetry's largest distribution, such as `contrib('0.159.0')`; from 0.120.0 on. */
  public static contrib(version: string, options: PublishedImageOptions = {}): CollectorImage {
    return published('otelcol-contrib', 'otel/opentelemetry-collector-contrib', version, options);
  }

  /** OpenTelemetry's distribution for Kubernetes, such as `k8s('0.159.0')`; from 0.120.0 on. */
  public static k8s(version: string, options: PublishedImageOptions = {}): CollectorImage {
    return published('otelcol-k8s', 'otel/opentelemetry-collector-k8s', version, options);
  }

  /**
   * OpenTelemetry's smallest distribution, such as `core('0.159.0')`; from 0.120.0 on. It neither
   * routes by trace nor samples whole traces.
   */
  public static core(version: string, options: PublishedImageOptions = {}): CollectorImage {
    return published('otelcol', 'otel/opentelemetry-collector', version, options);
  }

  /** Datadog's distribution (DDOT), such as `datadog('7.76.0')`: the version of its agent. */
  public static datadog(version: string, options: PublishedImageOptions = {}): CollectorImage {
    return CollectorImage._of('registry.datadoghq.com/ddot-collector', version, options, {
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

  /**
   * What a tier runs for which no image was named, by size: the first one that holds everything.
   * @internal
   */
  public static _bySize(): CollectorImage[] {
    return [
      CollectorImage.runtime(), CollectorImage.k8s(NEWEST_UPSTREAM),
      CollectorImage.contrib(NEWEST_UPSTREAM),
    ];
  }

  /** Any other image whose entry point is an OpenTelemetry Collector. */
  public static custom(options: CustomImageOptions): CollectorImage {
    const { props, problems } = rightProps(options, CUSTOM_KINDS, 'image.', { isWhole: true });
    const { image = UNNAMED, components, version = OLDEST_SPELLING }
      = props as Partial<CustomImageOptions>;
    return new CollectorImage(image, problems, { distribution: image, components, version });
  }

  /** @internal */
  public static _of(
    repository: string, tag: string, options: PublishedImageOptions, traits: ImageTraits,
  ): CollectorImage {
    const { props, problems } = rightProps(options, PUBLISHED_KINDS, 'image.', { isWhole: true });
    const { repository: mirror = repository, digest } = props;
    const shownTag = typeof tag === 'string' ? tag : 'unknown';
    const image = `${mirror}:${shownTag}${digest === undefined ? '' : `@${digest}`}`;
    return new CollectorImage(image, problems, traits, tag);
  }

  private readonly components?: ReadonlySet<string>;

  private constructor(
    /** The image with its tag or digest. */
    public readonly image: string,
    private readonly wrongKinds: readonly string[],
    private readonly traits: ImageTraits,
    private readonly tag?: unknown,
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
    if (this.wrongKinds.length > 0) return [...this.wrongKinds];
    const { distribution, isPublished = false } = this.traits;
    const tag = typeof this.tag === 'string' ? this.tag : '';
    if (isPublished && !/^\d+\.\d+\.\d+/.test(tag)) {
      return ['image: must have a version such as 0.159.0, by which its components are named, got'
        + ` ${kindOf(this.tag)}.\n→ give the version without v, and not latest.`];
    }
    if (distribution === 'ddot' && /-full$/.test(tag)) {
      return ['image: must be the collector alone, got the image of the whole agent,'
        + ` ${JSON.stringify(tag)}.\n→ leave -full out.`];
    }
    const minor = minorOf(tag);
    if (isPublished && distribution !== 'ddot' && minor === undefined) {
      return ['image: must have a version of the OpenTelemetry Collector, which begins with 0., got'
        + ` ${tag}.\n→ use ${NEWEST_UPSTREAM}, for example: 1. is what its stable modules have.`];
    }
    if (isPublished && minor !== undefined && minor < minorOf(OLDEST_UPSTREAM)!) {
      return [`image: must be of version ${OLDEST_UPSTREAM} or newer, got ${tag}: what older`
        + ` ones know is not known here.\n→ use ${NEWEST_UPSTREAM}, for example.`];
    }
    return IMAGE_NAME.test(this.image) ? [] : [
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
   * Minor version of the OpenTelemetry Collector inside; undefined when nobody knows, and for ours.
   * @internal
   */
  public get _minor(): number | undefined {
    const { version = OLDEST_SPELLING } = this.traits;
    return version === OLDEST_SPELLING ? undefined : minorOf(version);
  }
}

function published(
  distribution: PublishedDistribution, repository: string, version: string,
  options: PublishedImageOptions,
): CollectorImage {
  return CollectorImage._of(repository, version, options, {
    distribution,
    isPublished: true,
    version: typeof version === 'string' ? version : OLDEST_SPELLING,
    components: componentsOf(distribution, typeof version === 'string' ? version : ''),
  });
}

/** Written in by the build that makes one file of the library; absent where it is many. */
declare const OTELGW_VERSION: string | undefined;

/** The version of this package. Bundled into an app, it has no `package.json` of its own. */
function packageVersion(): string {
  if (typeof OTELGW_VERSION !== 'undefined') return OTELGW_VERSION;
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    const { name, version } = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as
      { name?: string; version?: string };
    if (name === PACKAGE_NAME && version !== undefined) return version;
    if (folder === dirname(folder)) {
      throw new Error(`CollectorImage.runtime: must find the package.json of ${PACKAGE_NAME} above`
        + ` ${__dirname}, got none.\n→ give \`tag\`, the version of the image.`);
    }
  }
}
