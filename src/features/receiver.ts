import type { PartPort, TierPart } from './part';
import { rawComponent } from './raw-component';
import { prometheusReceiver } from '../config';
import { Signal } from '../graph/signal';
import type { ListenedPort } from '../workload/ports';

/** A port that a receiver listens on. */
export interface ReceiverPort {
  /**
   * Its name in the pod and in the Service: at most 15 lower-case letters, digits and `-`.
   */
  readonly name: string;
  /**
   * Its number, from 1024 to 65535.
   */
  readonly port: number;
  /**
   * TCP or UDP.
   * @default "TCP"
   */
  readonly protocol?: string;
  /**
   * What is spoken there, as Services say it: http, grpc and so on.
   * @default - not said
   */
  readonly appProtocol?: string;
  /**
   * Port of the node that leads to it, on agents only: from 1 to 65535. Agents are then replaced
   * with a gap, for a node has each port once.
   * @default - none: senders reach it through the Service
   */
  readonly hostPort?: number;
}

/** What a receiver gives, and where it listens. */
export interface ReceiverOptions {
  /**
   * Signals that it gives.
   * @default - all
   */
  readonly signals?: Signal[];
  /**
   * Ports that it listens on; they are opened on the pod and on the Service.
   * @default - it does not listen
   */
  readonly ports?: ReceiverPort[];
}

/** Something that comes in beside OTLP. */
export class Receiver {
  /**
   * Metrics that are fetched from others, by scrape configurations of Prometheus. Every pod of the
   * tier fetches all of them: more than one would write every series twice, and is refused.
   */
  public static prometheus(scrapeConfigs: Record<string, any>[]): Receiver {
    return new Receiver({ signals: [Signal.METRICS] }, {
      contract: prometheusReceiver,
      write: (at) => prometheusReceiver.write({ config: { scrape_configs: scrapeConfigs } }, at),
    });
  }

  /**
   * Any receiver, with its configuration as it stands in YAML. `type` may have a name behind it,
   * as in `zipkin/old`. It listens on `[${env:POD_IP}]:port`, not on localhost.
   */
  public static fromYaml(
    type: string, config: Record<string, any>, options: ReceiverOptions = {},
  ): Receiver {
    const { component, problems, signals } = rawComponent('receivers', type, config);
    return new Receiver({ signals, ...options }, component, problems);
  }

  private constructor(
    private readonly options: ReceiverOptions,
    private readonly component: Pick<
      NonNullable<TierPart['receivers']>[number], 'contract' | 'name' | 'write'>,
    private readonly problems: readonly string[] = [],
  ) {}

  /**
   * What it adds to a tier.
   * @internal
   */
  public _part(): TierPart {
    const { signals = Object.values(Signal), ports = [] } = this.options;
    return {
      receivers: [{ ...this.component, signals }],
      problems: this.problems,
      ports: ports.map(({ name, port, protocol = 'TCP', appProtocol, hostPort }): ListenedPort =>
        ({ name, port, protocol: protocol as PartPort['protocol'], appProtocol, hostPort })),
    };
  }
}
