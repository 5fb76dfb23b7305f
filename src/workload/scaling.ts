import type { Duration } from 'cdk8s';
import { ScalingSignal } from './scaling-signal';
import {
  anyValue, durationOf, isMap, kindOf, required, rightProps, type Kind,
} from '../config/prop-kinds';

/** How fast a pool changes in one direction. One of `pods` and `percent` may be given. */
export interface ScalingPace {
  /**
   * Pods that come or go in each period: a whole number from 1 on.
   * @default - `percent` decides
   */
  readonly pods?: number;
  /**
   * Share of the pods that come or go in each period, in whole percent from 1 on.
   * @default - `pods` decides
   */
  readonly percent?: number;
  /**
   * Length of a period: whole seconds from 1 to 1800.
   */
  readonly period: Duration;
  /**
   * Time that the load must have been so before something is done: whole seconds, 3600 at most.
   * @default Duration.seconds(0)
   */
  readonly stabilizationWindow?: Duration;
}

/** How a pool grows and shrinks. */
export interface HorizontalScalingOptions {
  /**
   * Fewest pods: a whole number from 1 on.
   * @default 2
   */
  readonly min?: number;
  /**
   * Most pods: a whole number from `min` on.
   */
  readonly max: number;
  /**
   * What it grows by; the one that asks for most pods decides.
   * @default [ScalingSignal.cpu(70)]
   */
  readonly signals?: ScalingSignal[];
  /**
   * How fast it grows.
   * @default - twice as many in a minute; samplers half more in two decision waits
   */
  readonly scaleUp?: ScalingPace;
  /**
   * How fast it shrinks.
   * @default - one pod in a minute after 5 minutes; samplers one in two decision waits, 5
   * minutes at least, after one, 15 minutes at least
   */
  readonly scaleDown?: ScalingPace;
}

const pace: Kind = {
  is: isMap, wanted: 'a pace', example: '{ pods: 1, period: Duration.seconds(60) }',
};
const KINDS: Readonly<Record<string, Kind>> = {
  min: anyValue, max: anyValue, signals: anyValue, scaleUp: pace, scaleDown: pace,
};
const PACE_KINDS: Readonly<Record<string, Kind>> = {
  pods: anyValue,
  percent: anyValue,
  period: required(durationOf('seconds', 1, 60)),
  stabilizationWindow: durationOf('seconds', 0, 300),
};
/** What Kubernetes can count. */
const MOST = 2 ** 31 - 1;

/** How many pods a pool has. */
export class Scaling {
  /** Always `replicas` pods. */
  public static fixed(replicas: number): Scaling {
    return new Scaling(replicas, replicas, []);
  }

  /** As many as the load needs, by a HorizontalPodAutoscaler. */
  public static horizontal(options: HorizontalScalingOptions): Scaling {
    const { props, problems } = rightProps(options, KINDS, 'scaling.', { isWhole: true });
    const up = rightPace('scaleUp', props.scaleUp);
    const down = rightPace('scaleDown', props.scaleDown);
    return new Scaling(
      props.min ?? 2, props.max, [...problems, ...up.problems, ...down.problems],
      { ...props, scaleUp: up.pace, scaleDown: down.pace });
  }

  private constructor(
    /** Fewest pods. */
    public readonly min: number,
    /** Most pods. */
    public readonly max: number,
    /**
     * What is wrong with what its options are.
     * @internal
     */
    public readonly _wrongKinds: readonly string[],
    /** How it scales; absent when the number of pods is fixed. */
    public readonly autoscaling?: HorizontalScalingOptions,
  ) {}

  /**
   * What it grows by; nothing when the number of pods is fixed.
   * @internal
   */
  public get _signals(): ScalingSignal[] {
    if (this.autoscaling === undefined) return [];
    const { signals = [] } = this.autoscaling;
    const right = isSignals(signals) ? signals : [];
    return right.length === 0 ? [ScalingSignal.cpu(70)] : right;
  }
}

/** What is wrong with a number of pods and how it changes. */
export function scalingProblems(scaling: Scaling): string[] {
  const { min, max, autoscaling, _wrongKinds: wrongKinds } = scaling;
  const isWhole = Number.isInteger(min) && Number.isInteger(max);
  if (!isWhole || min < 1 || max < min || max > MOST) {
    return [...wrongKinds, 'scaling: must be from 1 up to a whole number of pods, got'
      + ` ${kindOf(min)}${max === min ? '' : ` to ${kindOf(max)}`}.\n→ use Scaling.fixed(2), or`
      + ' Scaling.horizontal({ min: 2, max: 10 }).'];
  }
  if (autoscaling === undefined) return [];
  const { scaleUp, scaleDown } = autoscaling;
  return [
    ...wrongKinds, ...signalProblems(autoscaling.signals),
    ...paceProblems('scaleUp', scaleUp), ...paceProblems('scaleDown', scaleDown),
  ];
}

function isSignals(given: unknown): given is ScalingSignal[] {
  return Array.isArray(given) && given.every((signal) => signal instanceof ScalingSignal);
}

function signalProblems(signals: readonly ScalingSignal[] | undefined): string[] {
  if (signals === undefined) return [];
  if (!isSignals(signals) || signals.length === 0) {
    return ['scaling: signals must be a list of one or more ScalingSignals, got'
      + ` ${kindOf(signals)}.\n→ leave \`signals\` out, or give [ScalingSignal.cpu(70)].`];
  }
  const names = signals.map(({ _metric }) => _metric.name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  return [
    ...signals.flatMap(({ _problem }) => _problem ?? []),
    ...twice === undefined ? [] : [
      `scaling: ${twice} must be a signal only once, got it twice.\n→ remove one of them.`,
    ],
  ];
}

/** A pace whose parts are of the right kinds; none when one of them is not. */
function rightPace(
  name: string, given: ScalingPace | undefined,
): { readonly pace?: ScalingPace; readonly problems: readonly string[] } {
  if (given === undefined) return { problems: [] };
  const { props, problems } = rightProps(
    given, PACE_KINDS, `scaling.${name}.`, { isWhole: true });
  return { pace: problems.length === 0 ? props : undefined, problems };
}

function paceProblems(name: string, given: ScalingPace | undefined): string[] {
  if (given === undefined) return [];
  const { pods, percent, period, stabilizationWindow } = given;
  const seconds = (value: Duration | undefined) => (value?.toMilliseconds() ?? 0) / 1000;
  const isWhole = (value: number, min: number, max: number) =>
    Number.isInteger(value) && value >= min && value <= max;
  const isRight = (pods === undefined) !== (percent === undefined)
    && isWhole(pods ?? percent ?? 0, 1, MOST) && isWhole(seconds(period), 1, 1800)
    && isWhole(seconds(stabilizationWindow), 0, 3600);
  return isRight ? [] : [
    `scaling: ${name} must have either pods or percent, a whole number from 1 on, in a period of 1`
    + ` to 1800 whole seconds and after a window of up to 3600, got ${counted(pods)} pods,`
    + ` ${counted(percent)} percent, ${seconds(period)} s, ${seconds(stabilizationWindow)} s.`
    + `\n→ give \`${name}\` { pods: 1, period: Duration.seconds(60) }, for example.`,
  ];
}

function counted(number: number | undefined): string {
  return number === undefined ? 'no' : kindOf(number);
}
