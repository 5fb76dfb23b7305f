import { BackendList, BackendsListener, Resolver } from './resolver';
import type { Metrics } from '../telemetry/metrics';

/** Knows the backends from the configuration. */
export class StaticResolver implements Resolver {
  public readonly kind = 'static';
  private readonly list: BackendList;

  public constructor(private readonly hostnames: readonly string[], metrics: Metrics) {
    this.list = new BackendList(this.kind, metrics);
  }

  public async start(listener: BackendsListener): Promise<void> {
    this.list.tell(listener);
    this.list.resolved(this.hostnames);
  }

  public async stop(): Promise<void> {
    this.list.tell(() => undefined);
  }
}
