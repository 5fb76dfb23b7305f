/**
 * The collector: builds every component that the configuration names, joins them to pipelines,
 * and starts and stops them in the order in which data is never without somewhere to go.
 */
import { changedParts } from './changed-parts';
import type { Clock } from './clock';
import type {
  Component, ComponentContext, Consumer, Exporter, Extension, Http2, Processor, Receiver,
} from './component';
import {
  buildExporter, buildExtension, buildProcessor, buildReceiver,
} from './components';
import type { CollectorSettings, PipelineSettings } from './config';
import { messageOf } from './errors';
import { fanOut } from './pipeline/fan-out';
import { SIGNALS, type Signal } from './pipeline/payload';
import type { Calls } from './telemetry/calls';
import type { Logger } from './telemetry/logger';
import type { Metrics } from './telemetry/metrics';
import type { Spans } from './telemetry/spans';

/** What the collector's components share. */
export interface CollectorEnvironment {
  /** The time. */
  readonly clock: Clock;
  /** Where lines go. */
  readonly log: Logger;
  /** Where counts go. */
  readonly metrics: Metrics;
  /**
   * Whose HTTP/2 carries gRPC.
   * @default "own"
   */
  readonly http2?: Http2;
  /** Who is told of calls of servers and clients, if anybody. */
  readonly calls?: Calls;
  /** Who makes spans of what the process does, if anybody. */
  readonly spans?: Spans;
}

interface BuiltPipeline {
  readonly settings: PipelineSettings;
  readonly processors: readonly Processor[];
  readonly head: Consumer;
}

/** One running configuration. It is started once and stopped once. */
export class Collector {
  private readonly extensions = new Map<string, Extension>();
  private readonly exporters: ReadonlyMap<string, Exporter>;
  private readonly pipelines: readonly BuiltPipeline[];
  private readonly receivers: readonly Receiver[];
  private readonly started: Component[] = [];
  private isLeaving = false;
  private stopping?: Promise<void>;

  /** Builds all components; nothing is opened before `start`. */
  public constructor(
    private settings: CollectorSettings,
    private readonly environment: CollectorEnvironment,
  ) {
    for (const id of settings.extensionOrder) {
      const given = found(settings.extensions, id);
      this.extensions.set(id, buildExtension(given, this.context('extension', id)));
    }
    this.exporters = new Map([...settings.exporters].map(([id, exporter]) => [id, buildExporter(
      exporter, { ...this.context('exporter', id), signals: this.signalsOf('exporters', id) },
    )]));
    this.pipelines = settings.pipelines.map((pipeline) => this.buildPipeline(pipeline));
    this.receivers = [...settings.receivers].map(([id, receiver]) => buildReceiver(
      receiver, { ...this.context('receiver', id), consumers: this.consumersOf(id) },
    ));
  }

  /**
   * Starts extensions, exporters, processors (last first) and receivers.
   *
   * @throws Error when one of them cannot start; those that were started are stopped again.
   */
  public async start(): Promise<void> {
    const order: Component[] = [
      ...this.extensions.values(),
      ...this.exporters.values(),
      ...this.pipelines.flatMap(({ processors }) => [...processors].reverse()),
      ...this.receivers,
    ];
    try {
      for (const component of order) {
        // One that cannot start may have opened something all the same.
        this.started.push(component);
        await component.start();
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
    const joining = [...this.extensions.values()].flatMap((extension) =>
      extension.join === undefined ? [] : [extension.join()]);
    if (joining.length === 0) this.beReady();
    // Whoever waits for others must not keep a signal from ending the process.
    else void Promise.all(joining).then(() => this.beReady());
  }

  /**
   * Goes on with other settings, where only those of processors differ that can change while they
   * run. The ids of those are returned.
   *
   * @throws Error that names what cannot change without a restart; then nothing changes.
   */
  public reconfigure(settings: CollectorSettings): readonly string[] {
    const { processors, others } = changedParts(this.settings, settings);
    const fixed = [...others];
    const changes = processors.flatMap((id) => this.runningProcessors(id).map((processor) => {
      if (processor.reconfigure === undefined) return void fixed.push(`processors.${id}`);
      return processor.reconfigure(found(settings.processors, id).settings);
    }));
    if (fixed.length > 0) {
      throw new Error('must be what it was but for the policies of tail samplers, got another'
        + ` ${[...new Set(fixed)].join(', ')}`);
    }
    for (const change of changes) change?.();
    this.settings = settings;
    return processors;
  }

  /** Tells the extensions that the collector is about to stop: readiness goes off. */
  public announceStop(): void {
    this.isLeaving = true;
    for (const extension of this.extensions.values()) extension.notReady?.();
  }

  /** Stops in the order of the data, so that all that was accepted is passed on. */
  public stop(): Promise<void> {
    this.stopping ??= this.stopInOrder();
    return this.stopping;
  }

  /** Longest time in milliseconds that extensions take to leave, before anything is stopped. */
  public get leaveMs(): number {
    return Math.max(0, ...[...this.extensions.values()].map(({ leaveMs }) => leaveMs ?? 0));
  }

  /** Items that were accepted and not yet passed on. */
  public get pendingItems(): number {
    const holders = [
      ...this.pipelines.flatMap(({ processors }) => processors), ...this.exporters.values(),
    ];
    return holders.reduce((sum, { pendingItems }) => sum + (pendingItems ?? 0), 0);
  }

  private async stopInOrder(): Promise<void> {
    this.announceStop();
    await Promise.all([...this.extensions.values()].map((extension) => extension.leave?.()));
    const started = new Set(this.started);
    const running = <C extends Component>(list: Iterable<C>): C[] =>
      [...list].filter((component) => started.has(component));
    await this.stopAll(running(this.receivers));
    for (const { processors } of this.pipelines) {
      for (const processor of running(processors)) await this.stopAll([processor]);
    }
    await this.stopAll(running(this.exporters.values()));
    await this.settle(this.pipelines.flatMap(({ processors }) =>
      running(processors).map((processor) => processor.answered?.())));
    await this.stopAll(running(this.extensions.values()));
  }

  private beReady(): void {
    if (this.isLeaving) return;
    for (const extension of this.extensions.values()) extension.ready?.();
    this.environment.log.info('Everything is ready. Begin running and processing data.');
  }

  private stopAll(components: readonly Component[]): Promise<void> {
    return this.settle(components.map((component) => component.stop()));
  }

  private async settle(ends: readonly (Promise<void> | undefined)[]): Promise<void> {
    const results = await Promise.allSettled(ends);
    for (const result of results) {
      if (result.status === 'rejected') {
        this.environment.log.error('A component did not stop.', {
          error: messageOf(result.reason),
        });
      }
    }
  }

  /** The processors of this id: one for each pipeline that names it. */
  private runningProcessors(id: string): Processor[] {
    return this.pipelines.flatMap(({ settings, processors }) =>
      processors.filter((_, at) => settings.processors[at] === id));
  }

  private context(kind: string, id: string): ComponentContext {
    const log = this.environment.log.with({
      'otelcol.component.id': id, 'otelcol.component.kind': kind,
    });
    return { ...this.environment, id, log, extension: (name) => this.extensions.get(name) };
  }

  private signalsOf(role: 'receivers' | 'exporters', id: string): Signal[] {
    return SIGNALS.filter((signal) => this.settings.pipelines
      .some((pipeline) => pipeline.signal === signal && pipeline[role].includes(id)));
  }

  private buildPipeline(settings: PipelineSettings): BuiltPipeline {
    let head = fanOut(settings.exporters.map((id) => found(this.exporters, id)));
    const processors: Processor[] = [];
    for (const id of [...settings.processors].reverse()) {
      const context = this.context('processor', id);
      const processor = buildProcessor(found(this.settings.processors, id), {
        ...context,
        log: context.log.with({
          'otelcol.pipeline.id': settings.id, 'otelcol.signal': settings.signal,
        }),
        signal: settings.signal,
        next: head,
      });
      processors.unshift(processor);
      head = processor;
    }
    return { settings, processors, head };
  }

  private consumersOf(receiver: string): { [S in Signal]?: Consumer } {
    const consumers: { [S in Signal]?: Consumer } = {};
    for (const signal of this.signalsOf('receivers', receiver)) {
      consumers[signal] = fanOut(this.pipelines
        .filter(({ settings }) => settings.signal === signal
          && settings.receivers.includes(receiver))
        .map(({ head }) => head));
    }
    return consumers;
  }
}

function found<T>(map: ReadonlyMap<string, T>, id: string): T {
  const value = map.get(id);
  if (value === undefined) throw new Error(`service: must name what is configured, got "${id}"`);
  return value;
}
