/** What the stores of one kind have in common, and one of them with its options. */
import type { DatadogAccount } from './datadog';
import type { BackendOptions, DeliveryOptions } from './options';
import type { Contract, Path, Yaml } from '../config';
import type { TierPart } from '../features/part';
import type { SecretReference } from '../graph/secret-reference';
import { Signal } from '../graph/signal';
import type { OutsideSecurity } from '../graph/telemetry-target';
import { rightProps, type Kind } from '../prop-kinds';
import type { SendingQueue } from '../sending-queue';

/** An exporter as it is written. */
export interface WrittenExporter {
  /** Its type. */
  readonly type: string;
  /** Its configuration. */
  readonly config: Yaml;
}

/** The name of a component type in the words of the image that reads it. */
export type Spelled = (contract: Pick<Contract, 'type' | 'aliases'>) => string;

/** A kind of store. */
export interface BackendKind<Options> {
  /** Type of its exporter, in upstream's present spelling. */
  readonly type: string;
  /** What its options must be. */
  readonly kinds: Readonly<Record<string, Kind>>;
  /** Signals that it takes unless told otherwise; all when absent. */
  readonly signals?: (options: Options) => Signal[];
  /**
   * Writes its exporter.
   * @throws ConfigurationError with all mistakes in its options.
   */
  readonly write: (spelled: Spelled, options: Options) => WrittenExporter;
  /** Secrets by variable. */
  readonly secrets?: (options: Options) => [string, SecretReference][];
  /** What it adds to a tier beside the exporter. */
  readonly part?: (options: Options) => TierPart;
  /** What is wrong with its options, beside what they are. */
  readonly problems?: (options: Options) => readonly string[];
  /** The account of Datadog. */
  readonly account?: (options: Options) => DatadogAccount | undefined;
}

/** A store with its options. */
export interface BoundBackend {
  /** Type of its exporter, in upstream's present spelling. */
  readonly type: string;
  /** Signals that it takes. */
  readonly signals: Signal[];
  /** What is wrong with its options. */
  readonly problems: readonly string[];
  /** Secrets by variable. */
  readonly secrets: readonly [string, SecretReference][];
  /** What it adds to a tier beside the exporter. */
  readonly part: TierPart;
  /** The account of Datadog. */
  readonly account?: DatadogAccount;
  /** Where requests wait; absent for what is usual. */
  readonly queue?: SendingQueue;
  /** Writes its exporter. */
  readonly write: (spelled: Spelled) => WrittenExporter;
}

/** Gives a store of a kind its options. */
export function bound<Options extends BackendOptions>(
  name: string, given: Options, kind: BackendKind<Options>,
): BoundBackend {
  const { props, problems } = rightProps(
    given, kind.kinds, `exportTo (${name}): `, { isWhole: true });
  const { retry, certificateAuthority } = props as DeliveryOptions & OutsideSecurity;
  const signals = props.signals ?? kind.signals?.(props) ?? Object.values(Signal);
  return {
    type: kind.type,
    signals,
    problems: [
      ...problems,
      ...[...retry?._problems ?? [], ...certificateAuthority?._problems ?? []]
        .map((said) => `exportTo (${name}): ${said}`),
      ...signalProblems(name, signals, kind.signals?.(props)),
      ...kind.problems?.(props) ?? [],
    ],
    secrets: kind.secrets?.(props) ?? [],
    part: kind.part?.(props) ?? {},
    account: kind.account?.(props),
    queue: (props as DeliveryOptions).queue,
    write: (spelled) => kind.write(spelled, props),
  };
}

/** Where the exporter of a store stands in the configuration. */
export function exporterAt(type: string, name: string): Path {
  return ['exporters', `${type}/${name}`];
}

function signalProblems(
  name: string, signals: readonly Signal[], taken: readonly Signal[] = signals,
): string[] {
  const lost = signals.filter((signal) => !taken.includes(signal));
  return lost.length === 0 ? [] : [
    `exportTo (${name}): signals: it takes ${taken.join(' and ')} only, got ${lost.join(' and ')}.`
    + '\n→ leave `signals` out.',
  ];
}
