/** A sender of spans: gathers for a moment, sends, and sends anew what was not answered. */
import type { Network, Node, Server } from './network';
import { spanBytes, ID_REST } from './span-holder';
import type { SpanRecord } from './span-record';
import type { StorySender } from './story';
import type { World } from './world';
import type { MakePeerRing } from '../../peers/peer-ring';

const GATHER_MS = 200;
const MOST_TRIES = 40;
/** After so many tries it sends to whichever pod is next. */
const TRIES_BY_RING = 2;

/** A pod as senders see it. */
export interface SpanTaker extends Node {
  /** Takes spans; false when it refuses them. */
  takeFromSender(request: Uint8Array): boolean;
}

/** What a sender is made from. */
export interface SenderOptions extends StorySender {
  /** Its name on the network. */
  readonly name: string;
  /** Simulated time. */
  readonly world: World;
  /** What it sends through. */
  readonly network: Network;
  /** What becomes of spans. */
  readonly record: SpanRecord;
  /** Makes rings. */
  readonly makeRing: MakePeerRing;
  /** The pod at an address. */
  readonly podAt: (address: string) => SpanTaker | undefined;
}

/** A sender. */
export class Sender implements Node {
  public readonly isAlive = true;
  /** Number of the last view that it was told. */
  public viewSeen = -1;
  private view: readonly string[] = [];
  private gathered: number[] = [];
  private turn = 0;

  public constructor(
    /** What it was made from. */
    public readonly options: SenderOptions,
  ) {}

  public execute(task: () => void): void {
    task();
  }

  /** The resolver answers. An empty answer changes nothing. */
  public see(ready: readonly string[]): void {
    if (ready.length > 0) this.view = ready;
  }

  /** A span of this trace has ended. */
  public add(trace: number): void {
    this.gathered.push(trace);
    if (this.gathered.length > 1) return;
    const { world } = this.options;
    world.at(world.now + GATHER_MS, () => this.send(this.gathered.splice(0), 0));
  }

  private send(traces: readonly number[], tries: number): void {
    const { routes, makeRing } = this.options;
    const byPod = new Map<string, number[]>();
    if (routes && tries < TRIES_BY_RING) {
      const ring = makeRing(this.view);
      for (const trace of traces) {
        const owner = ring.ownerOf(trace, ...ID_REST);
        byPod.set(owner, [...byPod.get(owner) ?? [], trace]);
      }
    } else {
      byPod.set(this.view[this.turn % this.view.length], [...traces]);
      this.turn += 1;
    }
    for (const [address, some] of byPod) this.sendTo(address, some, tries);
  }

  /** Every try is new copies: a receiver cannot know that they were sent before. */
  private sendTo(address: string, traces: readonly number[], tries: number): void {
    const { network, name, podAt, record, world } = this.options;
    const copies = new Map<number, number[]>();
    for (const trace of traces) {
      copies.set(trace, [...copies.get(trace) ?? [], record.sent(trace)]);
    }
    const request = Buffer.concat([...copies].map(([trace, list]) => spanBytes(trace, list)));
    const again = (ms: number): void => {
      if (tries < MOST_TRIES) world.at(world.now + ms, () => this.send(traces, tries + 1));
    };
    network.call(this, [name, address], asServer(podAt(address)), request, (isTaken) => {
      if (!isTaken) again(1_000);
    }, (isRefused) => again(isRefused ? 300 : 1_000));
  }
}

function asServer(pod: SpanTaker | undefined): Server<Uint8Array, boolean> | undefined {
  if (pod === undefined) return undefined;
  return {
    get isAlive() { return pod.isAlive; },
    execute: (task) => pod.execute(task),
    serve: (request) => pod.takeFromSender(request),
  };
}
