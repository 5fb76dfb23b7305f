import type { FailoverSettings } from './backend-health';
import { Failover } from './failover';
import { GatherWindow } from './gather-window';
import { overridesKeyOfLogs, routingKeyOf, wayOfRouting } from './routing-keys';
import { RoutingSender } from './routing-sender';
import { MakeSender, RoutingTable } from './routing-table';
import type { Exporter, ExporterContext } from '../../component';
import { formatGoDuration, type LoadBalancingSettings, type RetrySettings } from '../../config';
import { messageOf } from '../../errors';
import { clientAuthenticator } from '../../net/authentication';
import { ClientTls, speaksTls } from '../../net/tls';
import type { Payload } from '../../pipeline/payload';
import { createDelivery, DeliverySettings } from '../../queue/delivery';
import { RING_GENERATIONS } from '../../routing/hash-ring';
import type { Resolver } from '../../routing/resolver';
import { createResolver } from '../../routing/resolvers';
import type { Logger } from '../../telemetry/logger';
import { createOtlpGrpcSender } from '../otlp-grpc/otlp-grpc';

/** What tests put in the place of the network. */
export interface LoadBalancingParts {
  /** Makes the sender of one backend. */
  readonly makeSender: MakeSender;
  /** Finds the backends. */
  readonly resolver: Resolver;
  /** Throws when no backend could be sent to, whichever it is. */
  readonly check?: () => void;
  /** A number in [0, 1) per call, for the jitter of retries and records without a trace id. */
  readonly random?: () => number;
}

/** Requests on their way to one backend when no queue says how many. */
const REQUESTS_WITHOUT_QUEUE = 100;

/** Gives everything with the same key to the one backend that the hash ring names. */
export class LoadBalancingExporter implements Exporter {
  private readonly table: RoutingTable;
  private readonly delivery: Exporter;
  private readonly resolver: Resolver;

  public constructor(
    settings: LoadBalancingSettings,
    private readonly context: ExporterContext,
    private readonly parts: LoadBalancingParts,
  ) {
    const { clock, id, log, metrics } = context;
    const { makeSender, random, resolver } = parts;
    const way = deliverySettings(settings);
    const queue = way.sendingQueue;
    this.resolver = resolver;
    const failover = settings.failover.enabled
      ? new Failover({ settings: settings.failover, clock, id, log, metrics }) : undefined;
    this.table = new RoutingTable({
      clock,
      window: new GatherWindow(clock),
      id,
      log,
      metrics,
      failover,
      makeSender,
      signals: context.signals,
      requests: queue?.numConsumers ?? REQUESTS_WITHOUT_QUEUE,
      timeoutMs: way.timeout,
      shape: RING_GENERATIONS[settings.compatibility.ring],
      keys: wayOfRouting(settings, context.signals),
    });
    if (failover !== undefined) warnOfRetries(settings.failover, way, log);
    const keys = new Map(context.signals.map((signal) =>
      [signal, routingKeyOf(signal, settings, { id, random })]));
    if (keys.has('logs') && overridesKeyOfLogs(settings)) {
      log.warn('logs go by trace id, as they do in releases before v0.154', {
        routing_key: settings.routingKey,
      });
    }
    const sender = new RoutingSender({
      clock,
      table: this.table,
      failover,
      // Whoever waits for the answer can try again itself, and knows better for how long.
      patienceMs: queue === undefined || queue.waitForResult ? 0 : way.timeout,
      stopResolver: () => resolver.stop(),
      keyOf: (signal) => keys.get(signal),
    });
    // Limits stand at each backend: one that is slow or away must not keep others waiting.
    const sendingQueue = queue && { ...queue, numConsumers: Infinity };
    this.delivery = createDelivery({
      id, context, sender, random, settings: { ...way, sendingQueue },
    });
  }

  public get pendingItems(): number {
    return this.delivery.pendingItems ?? 0;
  }

  public async start(): Promise<void> {
    this.parts.check?.();
    await this.delivery.start();
    await this.resolver.start((endpoints) => this.update(endpoints));
  }

  public consume(payload: Payload): void | Promise<void> {
    return this.delivery.consume(payload);
  }

  /** Drains the queue, and only then stops looking for backends and closes them. */
  public stop(): Promise<void> {
    return this.delivery.stop();
  }

  private update(endpoints: readonly string[]): void {
    const before = new Set(this.table.current.ring.endpoints);
    if (!this.table.update(endpoints)) return;
    this.context.log.info('the backends have changed', {
      backends: endpoints.length,
      added: endpoints.filter((endpoint) => !before.has(endpoint)),
      removed: [...before].filter((endpoint) => !endpoints.includes(endpoint)),
    });
  }
}

/** The exporter `load_balancing`. */
export function createLoadBalancingExporter(
  settings: LoadBalancingSettings, context: ExporterContext,
): Exporter {
  return new LoadBalancingExporter(settings, context, {
    ...networkOf(settings, context),
    resolver: createResolver(settings.resolver, context, settings.compatibility.backends),
  });
}

/** How backends are reached. */
export function networkOf(
  { protocol: { otlp } }: LoadBalancingSettings, context: ExporterContext,
): Pick<LoadBalancingParts, 'check' | 'makeSender'> {
  return {
    makeSender: (endpoint) => {
      const sender = createOtlpGrpcSender({ ...otlp, endpoint }, context);
      // Connected before the first span comes, so that a ring change delays nothing.
      try {
        sender.open();
      } catch (error) {
        // A file that cannot be read just now: it is read again for every request.
        context.log.error('failed to start new exporter for endpoint', {
          endpoint, error: messageOf(error),
        });
      }
      return sender;
    },
    check: () => {
      const { auth, tls } = otlp;
      const isSafe = speaksTls(tls, '');
      clientAuthenticator(auth, context, isSafe);
      if (isSafe) new ClientTls(tls, '', context);
    },
  };
}

/** One way out in the place of upstream's two: what the outer level leaves open, the inner says. */
function deliverySettings(settings: LoadBalancingSettings): DeliverySettings {
  const { otlp } = settings.protocol;
  return {
    timeout: settings.timeout > 0 ? settings.timeout : otlp.timeout,
    sendingQueue: settings.sendingQueue ?? otlp.sendingQueue,
    retryOnFailure: settings.retryOnFailure.enabled
      ? withPauses(settings.retryOnFailure, otlp.retryOnFailure)
      : otlp.retryOnFailure,
  };
}

/** What still goes to an unhealthy backend is lost where it is given up before it passes it by. */
function warnOfRetries(
  { stickiness }: FailoverSettings, { retryOnFailure }: DeliverySettings, log: Logger,
): void {
  const { enabled, maxElapsedTime } = retryOnFailure;
  if (stickiness === 0 || enabled && (maxElapsedTime === 0 || maxElapsedTime > stickiness)) return;
  log.warn('what still goes to an unhealthy backend is given up before it can pass it by', {
    stickiness: formatGoDuration(stickiness),
    max_elapsed_time: enabled ? formatGoDuration(maxElapsedTime) : 'no retries',
  });
}

/** Upstream's outer level has zeros for defaults: retries that hammer without any pause. */
function withPauses(retry: RetrySettings, fallback: RetrySettings): RetrySettings {
  return {
    ...retry,
    initialInterval: retry.initialInterval || fallback.initialInterval,
    maxInterval: retry.maxInterval || fallback.maxInterval,
    multiplier: retry.multiplier || fallback.multiplier,
  };
}
