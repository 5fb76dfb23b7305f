/** Says one thing to one pod, once, and sorts what comes back. */
import { type AnswerBody, type PeerIdentity, type PeerMessage, PROTOCOL_VERSION } from './messages';
import type { Peer } from './peer-book';
import { PeerUnreachable, type PeerTransport } from './peer-transport';
import { messageOf } from '../errors';
import type { Logger } from '../telemetry/logger';

/** The answer to each message. */
export type AnswerTo<M extends PeerMessage> = Extract<AnswerBody, { kind: M['kind'] }>;

/** What calls are made with. */
export interface PeerCallsOptions {
  /** Who speaks. */
  readonly identity: PeerIdentity;
  /** Carries messages. */
  readonly transport: PeerTransport;
  /** Where it logs. */
  readonly log: Logger;
  /** Told of every pod that has answered. False when the pod's answer does not count. */
  readonly heard: (peer: Peer, from: PeerIdentity) => boolean;
  /** Told of every call that failed. */
  readonly missed: (peer: Peer, isRefused: boolean) => void;
}

/** Calls other pods. */
export class PeerCalls {
  private isStopped = false;

  public constructor(private readonly options: PeerCallsOptions) {}

  /** Says `body`; exactly one of `answered` and `failed` is called, unless `stop` was. */
  public say<M extends PeerMessage>(
    peer: Peer, body: M, answered: (answer: AnswerTo<M>) => void, failed: () => void,
  ): void {
    if (this.isStopped) return;
    const { identity, transport } = this.options;
    const request = { version: PROTOCOL_VERSION, from: identity, to: peer.incarnation, body };
    transport.send(peer.address, request).then((answer) => {
      if (this.isStopped) return;
      if (answer.body?.kind === body.kind && answer.from.address === peer.address
        && this.options.heard(peer, answer.from)) {
        // The kinds are equal, which the compiler cannot see through the type parameter.
        answered(answer.body as AnswerTo<M>);
        return;
      }
      if (answer.body?.kind === 'refusal') this.sayRefused(peer, answer.body.reason, answer.from);
      this.options.missed(peer, false);
      failed();
    }, (error: unknown) => {
      if (this.isStopped) return;
      this.options.log.debug('A peer did not answer.', {
        peer: peer.address, message: body.kind, error: messageOf(error),
      });
      this.options.missed(peer, error instanceof PeerUnreachable && error.isRefused);
      failed();
    });
  }

  /** No answer counts any more. */
  public stop(): void {
    this.isStopped = true;
  }

  private sayRefused(peer: Peer, reason: string, from: PeerIdentity): void {
    // It has begun another life, which is no reason to complain.
    if (from.address === peer.address && from.incarnation !== peer.incarnation) {
      this.options.heard(peer, from);
      return;
    }
    this.options.log.warn('A peer refuses to speak with this pod.', {
      peer: peer.address, reason,
    });
  }
}
