/** What every tier of collectors is told. */
import type { Duration, Size } from 'cdk8s';
import type { Backend } from './backend';
import type { CollectorConfigOverrides } from './collector-config-overrides';
import type { BatchProcessorConfig } from './config';
import type { CollectorImage } from './distribution/collector-image';
import type { ClusterFeatures } from './features/cluster-features';
import type { DebuggingFeature } from './features/debugging';
import type { InfraAttributesFeature } from './features/infra-attributes';
import type { Processor } from './features/processor';
import type { Receiver } from './features/receiver';
import type { TraceStatsFeature } from './features/trace-stats';
import type { Authentication } from './graph/authentication';
import type { Protocol } from './graph/protocol';
import type { Routing } from './graph/routing';
import type { SecretReference } from './graph/secret-reference';
import type { Signal } from './graph/signal';
import type { ITelemetryTarget } from './graph/telemetry-target';
import type { TransportSecurity } from './graph/transport-security';
import type { Monitoring } from './monitoring/monitoring';
import type { Retry } from './retry';
import type { SendingQueue } from './sending-queue';
import type { Placement } from './workload/placement';
import type { WorkloadOptions } from './workload/workload-options';

/** What all tiers of collectors have in common. */
export interface CollectorTierProps
  extends ClusterFeatures, DebuggingFeature, InfraAttributesFeature, TraceStatsFeature,
  WorkloadOptions {
  /**
   * Name of the workload and of the Service; all other names begin with it. At most 52 lower-case
   * letters, digits and `-`.
   * @default - the id of the construct
   */
  readonly name?: string;
  /**
   * Where telemetry is sent to: another tier, or `TelemetryTarget.external(…)`. Addresses, routing
   * and permissions follow from it.
   * @default - telemetry leaves through `exportTo`
   */
  readonly forwardTo?: ITelemetryTarget;
  /**
   * How what goes to `forwardTo` is spread over it. To a sampler traces go by trace id in any
   * case; another key is refused.
   * @default - by connection; traces to samplers by trace id
   */
  readonly routing?: Routing;
  /**
   * Where telemetry leaves the cluster of collectors; each backend has a name of its own. May
   * stand beside `forwardTo`: telemetry then goes to both.
   * @default - telemetry goes to `forwardTo`
   */
  readonly exportTo?: Backend[];
  /**
   * Signals that are taken in; one at least, each once. All of them need somewhere to go.
   * @default - all that there is somewhere to send to
   */
  readonly signals?: Signal[];
  /**
   * The collector.
   * @default - the smallest that holds all components: ours, otelcol-k8s or otelcol-contrib
   */
  readonly image?: CollectorImage;
  /**
   * Memory of each pod, requested and at most: whole mebibytes, 128 of them at least. Limits of
   * the process follow from it.
   * @default - 256 MiB for agents, 512 MiB for gateways, 1 GiB for samplers
   */
  readonly memory?: Size;
  /**
   * CPU that each pod asks for, in thousandths of a core: a whole number from 1 on. There is no
   * limit, for throttling would make telemetry late when there is most of it.
   * @default - 100 for agents, 500 for gateways and samplers
   */
  readonly cpuMillis?: number;
  /**
   * Nodes that the pods stand on.
   * @default - any Linux node
   */
  readonly placement?: Placement;
  /**
   * What becomes of requests that `forwardTo` did not take.
   * @default Retry.upTo(Duration.minutes(5))
   */
  readonly retry?: Retry;
  /**
   * Where requests to `forwardTo` wait.
   * @default SendingQueue.inMemory()
   */
  readonly queue?: SendingQueue;
  /**
   * Protocols by which OTLP is taken in; one at least. Others have no port anywhere.
   * @default - all
   */
  readonly protocols?: Protocol[];
  /**
   * How OTLP is encrypted on its way here. Tiers that forward here follow by themselves;
   * applications must trust the same authority. Metrics and probes stay plain text.
   * @default - plain text
   */
  readonly transportSecurity?: TransportSecurity;
  /**
   * How senders prove that they may send. It needs `transportSecurity`. Tiers that forward here
   * follow by themselves.
   * @default - they need not
   */
  readonly authentication?: Authentication;
  /**
   * Port for OTLP over gRPC, of the Service and of the pods: from 1024 to 65535, other than 8888
   * and 13133.
   * @default 4317
   */
  readonly grpcPort?: number;
  /**
   * Port for OTLP over HTTP, of the Service and of the pods: from 1024 to 65535, other than 8888
   * and 13133.
   * @default 4318
   */
  readonly httpPort?: number;
  /**
   * What comes in beside OTLP, such as metrics of others that are scraped.
   * @default - nothing
   */
  readonly receive?: Receiver[];
  /**
   * What is done to telemetry on its way, in this order. It stands behind sampling, where there is
   * less to do, unless a processor says otherwise.
   * @default - nothing
   */
  readonly process?: Processor[];
  /**
   * How small requests are gathered into larger ones before they are sent on. Signals that wait in
   * a queue on disk are gathered behind it, by all their exporters that have a queue, for what a
   * processor gathers is lost when the pod is killed; exporters without one get what came in.
   * @default - 1024 items or 200 ms, 2048 items at most
   */
  readonly batch?: BatchProcessorConfig;
  /**
   * Who watches the collectors.
   * @default - nobody; metrics are served nevertheless
   */
  readonly monitoring?: Monitoring;
  /**
   * Time that a pod gets to pass on what it holds before it is killed, in whole seconds. Less than
   * draining takes is refused.
   * @default - what draining takes: endpoint removal, decision wait, flush and a margin
   */
  readonly terminationGracePeriod?: Duration;
  /**
   * Raw configuration that is merged over what is written.
   * @default - nothing
   */
  readonly config?: CollectorConfigOverrides;
  /**
   * Values of Secrets by the environment variable (letters, digits and `_`) under which `config`
   * refers to them, as `${env:NAME}`.
   * @default - none
   */
  readonly secrets?: Record<string, SecretReference>;
}
