import { Place, type TierPart } from './part';
import { rawComponent } from './raw-component';
import {
  probabilisticSamplerProcessor, resourceProcessor, type ResourceProcessorConfig,
} from '../config';
import { Signal } from '../graph/signal';

/** Attributes of resources that are set or removed. */
export interface ResourceProcessorOptions {
  /**
   * Attributes that get these values, whether they are there or not.
   * @default - none
   */
  readonly upsert?: Record<string, any>;
  /**
   * Attributes that get these values where they are not there.
   * @default - none
   */
  readonly insert?: Record<string, any>;
  /**
   * Attributes that get these values where they are there.
   * @default - none
   */
  readonly update?: Record<string, any>;
  /**
   * Names of attributes that are removed.
   * @default - none
   */
  readonly remove?: string[];
}

/** A share that is kept, whatever else is known about it. */
export interface ProbabilisticSamplerOptions {
  /**
   * Share that is kept, in percent, from 0 to 100.
   */
  readonly samplingPercentage: number;
  /**
   * Changes which ones are kept: a whole number from 0 to 4294967295. Tiers in a row with the same
   * number keep the same ones.
   * @default 22
   */
  readonly hashSeed?: number;
}

/** Where a processor stands, and for what. */
export interface ProcessorOptions {
  /**
   * Signals that it works on.
   * @default - all that it carries
   */
  readonly signals?: Signal[];
  /**
   * Whether it stands before sampling, so that decisions see what it does.
   * @default false
   */
  readonly isBeforeSampling?: boolean;
}

/** The number of upstream's own examples. */
const HASH_SEED = 22;

/** Something that is done to telemetry on its way through a tier. */
export class Processor {
  /** Sets and removes attributes of resources, such as the name of the cluster. */
  public static resource(
    attributes: ResourceProcessorOptions, options: ProcessorOptions = {},
  ): Processor {
    return new Processor(options, () => ({
      contract: resourceProcessor,
      write: (at) => resourceProcessor.write(resourceActions(attributes), at),
    }));
  }

  /**
   * Keeps a share of traces and logs, by a hash of the trace id: every collector that has the same
   * seed keeps the same ones, so one object serves for all tiers.
   */
  public static probabilisticSampler(options: ProbabilisticSamplerOptions): Processor {
    const { samplingPercentage, hashSeed = HASH_SEED } = options;
    return new Processor({ signals: [Signal.TRACES, Signal.LOGS], isBeforeSampling: true }, () => ({
      contract: probabilisticSamplerProcessor,
      write: (at) => probabilisticSamplerProcessor.write({ samplingPercentage, hashSeed }, at),
    }));
  }

  /**
   * Any processor, with its configuration as it stands in YAML. `type` may have a name behind it,
   * as in `filter/health`.
   */
  public static fromYaml(
    type: string, config: Record<string, any>, options: ProcessorOptions = {},
  ): Processor {
    const { component, problems, signals } = rawComponent('processors', type, config);
    return new Processor({ signals, ...options }, () => component, problems);
  }

  private constructor(
    private readonly options: ProcessorOptions,
    private readonly component: () => Pick<
      NonNullable<TierPart['processors']>[number], 'contract' | 'name' | 'write'>,
    private readonly problems: readonly string[] = [],
  ) {}

  /**
   * What it adds to a tier.
   * @internal
   */
  public _part(): TierPart {
    const { signals = Object.values(Signal), isBeforeSampling = false } = this.options;
    const place = isBeforeSampling ? Place.BEFORE_SAMPLING : Place.AFTER_SAMPLING;
    return { processors: [{ ...this.component(), place, signals }], problems: this.problems };
  }
}

function resourceActions(attributes: ResourceProcessorOptions): ResourceProcessorConfig {
  const { upsert = {}, insert = {}, update = {}, remove = [] } = attributes;
  const set = (action: string, values: Record<string, any>) =>
    Object.entries(values).map(([key, value]) => ({ key, value: value as unknown, action }));
  return {
    attributes: [
      ...set('upsert', upsert), ...set('insert', insert), ...set('update', update),
      ...remove.map((key) => ({ key, action: 'delete' })),
    ],
  };
}
