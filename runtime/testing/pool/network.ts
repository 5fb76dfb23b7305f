/** Carries calls between pods: late, twice or never. */
import type { Chance, World } from './world';
import type { PeerAnswer, PeerRequest } from '../../peers/messages';
import { PeerUnreachable, type PeerTransport } from '../../peers/peer-transport';

const CALL_TIMEOUT_MS = 2_000;

/** Somebody on the network. */
export interface Node {
  /** Whether its process runs. */
  readonly isAlive: boolean;
  /** Runs a task now, when its pause ends, or never. */
  execute(task: () => void): void;
}

/** Somebody who answers. */
export interface Server<Request, Answer> extends Node {
  /** The answer. */
  serve(request: Request): Answer;
}

/** How a network behaves. */
export interface NetworkOptions {
  /** Simulated time. */
  readonly world: World;
  /** Chance of delays and losses. */
  readonly chance: Chance;
  /** Share of requests, and of answers, that get lost. */
  readonly loss: number;
}

/** The network. */
export class Network {
  private readonly cut = new Map<string, number>();

  public constructor(private readonly options: NetworkOptions) {}

  /** Nothing passes between two addresses until then. */
  public cutUntil(one: string, other: string, until: number): void {
    this.cut.set(pair(one, other), until);
  }

  /** One attempt of a call. One of `answered` and `failed` is called, if the caller lives. */
  public call<Request, Answer>(
    caller: Node, addresses: readonly [string, string],
    server: Server<Request, Answer> | undefined, request: Request,
    answered: (answer: Answer) => void, failed: (isRefused: boolean) => void,
  ): void {
    const { world } = this.options;
    let isDone = false;
    const end = (task: () => void): void => caller.execute(() => {
      if (isDone) return;
      isDone = true;
      task();
    });
    const later = (task: () => void): void => {
      if (this.loses(addresses)) return;
      world.at(world.now + this.delay(), task);
    };
    later(() => {
      if (server === undefined || !server.isAlive) {
        later(() => end(() => failed(true)));
        return;
      }
      server.execute(() => {
        const answer = server.serve(request);
        later(() => end(() => answered(answer)));
      });
    });
    world.at(world.now + CALL_TIMEOUT_MS, () => end(() => failed(false)));
  }

  private loses([one, other]: readonly [string, string]): boolean {
    const { world, chance, loss } = this.options;
    const until = this.cut.get(pair(one, other)) ?? 0;
    return until > world.now || chance.isTrue(loss);
  }

  private delay(): number {
    const { chance } = this.options;
    return chance.isTrue(0.7) ? chance.whole(1, 20) : chance.whole(1, 500);
  }
}

function pair(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

/** A call that settles at once when its outcome is there, not a turn later as a promise would. */
class Outcome implements PromiseLike<PeerAnswer> {
  public constructor(
    private readonly begin: (
      answered: (answer: PeerAnswer) => void, failed: (error: PeerUnreachable) => void,
    ) => void,
  ) {}

  public then<A = PeerAnswer, B = never>(
    answered?: ((answer: PeerAnswer) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    this.begin((answer) => { answered?.(answer); }, (error) => { failed?.(error); });
    // Nobody looks at what `then` returns.
    return this as unknown as PromiseLike<A | B>;
  }
}

/** The transport of the pod at `from`. */
export function transportOf(
  network: Network, from: string, caller: Node,
  serverAt: (address: string) => Server<PeerRequest, PeerAnswer> | undefined,
): PeerTransport {
  return {
    send: (address, request) => new Outcome((answered, failed) =>
      network.call(caller, [from, address], serverAt(address), request, answered, (isRefused) =>
        failed(new PeerUnreachable(`${address}: must answer, got nothing`, isRefused)))),
    forget: () => undefined,
  };
}
