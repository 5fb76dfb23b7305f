/** Carries messages to other pods over gRPC: one connection to each. */
import { hostOf, joined } from './own-address';
import { messageOf } from '../../errors';
import type { NetContext } from '../../net/authentication';
import { PeerLog } from '../../net/peer-log';
import { Code, statusText, type Status } from '../../net/status';
import type { MessageClient } from '../../net/transport';
import { readAnswer } from '../../peers/message-reader';
import { writeRequest } from '../../peers/message-writer';
import { ID_BYTES, type PeerAnswer, type PeerRequest } from '../../peers/messages';
import { PeerUnreachable, type PeerTransport } from '../../peers/peer-transport';
import { malformed } from '../../wire/reader';

/** The one method that pods call. */
export const SAY = '/otelgw.peers.v1.Peers/Say';

/** The pool asks again, so that a call must not wait for long. */
const CALL_MS = 2000;
/** What says that surely nobody took the message. */
const NOBODY_THERE = /\b(ECONNREFUSED|ENOTFOUND)\b/;

/** What a transport is made from. */
export interface GrpcPeerTransportOptions {
  /** Where it logs, and the time. */
  readonly context: NetContext;
  /** Port of all pods. */
  readonly port: () => number;
  /** A client of the pod at `host:port`. */
  readonly connect: (endpoint: string) => MessageClient;
  /** Told of every call that failed. */
  readonly failed: () => void;
}

/** Carries messages to other pods. */
export class GrpcPeerTransport implements PeerTransport {
  private readonly clients = new Map<string, MessageClient>();
  private readonly peers: PeerLog;
  private isClosed = false;

  public constructor(private readonly options: GrpcPeerTransportOptions) {
    this.peers = new PeerLog(options.context);
  }

  public send(address: string, request: PeerRequest): Promise<PeerAnswer> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        this.options.failed();
        reject(error);
      };
      let client: MessageClient;
      try {
        client = this.clientOf(address);
      } catch (error) {
        // What is no address is nobody's.
        fail(new PeerUnreachable(messageOf(error), true));
        return;
      }
      client.send(SAY, writeRequest(request), CALL_MS, (status, answer) => {
        if (status.code !== Code.ok) {
          fail(this.failure(address, status));
          return;
        }
        try {
          resolve(checked(request, readAnswer(answer)));
        } catch (error) {
          this.peers.warn('A peer answers what is no answer.', address, messageOf(error));
          fail(error as Error);
        }
      });
    });
  }

  public forget(address: string): void {
    void this.clients.get(address)?.close();
    this.clients.delete(address);
  }

  /** Ends all connections; what is on its way fails. */
  public close(): void {
    this.isClosed = true;
    for (const address of [...this.clients.keys()]) this.forget(address);
  }

  private clientOf(address: string): MessageClient {
    if (this.isClosed) throw new Error('pool: must be open to call a peer, got a closed one');
    const known = this.clients.get(address);
    if (known !== undefined) return known;
    const client = this.options.connect(joined(hostOf(address), this.options.port()));
    this.clients.set(address, client);
    return client;
  }

  private failure(address: string, status: Status): PeerUnreachable {
    // Repeating does not help then, and nobody else would tell.
    if (status.code === Code.resourceExhausted || status.code === Code.invalidArgument
      || status.code === Code.unimplemented) {
      this.peers.warn('A peer refuses a message.', address, statusText(status));
    }
    return new PeerUnreachable(statusText(status), NOBODY_THERE.test(status.message));
  }
}

/** A claim is answered for each id that it asks for. */
function checked({ body: said }: PeerRequest, answer: PeerAnswer): PeerAnswer {
  const { body } = answer;
  if (said?.kind !== 'claim' || body?.kind !== 'claim') return answer;
  const asked = said.ids.length / ID_BYTES;
  if (body.answers.length === asked) return answer;
  throw malformed(0, `a claim must get ${asked} answers`, body.answers.length);
}
