/** Takes messages of other pods in. */
import { MalformedError } from '../../errors';
import type { PeerLog } from '../../net/peer-log';
import { Code, OK } from '../../net/status';
import type { OnMessage } from '../../net/transport';
import { readRequest } from '../../peers/message-reader';
import { writeAnswer } from '../../peers/message-writer';
import type { PeerAnswer, PeerRequest } from '../../peers/messages';
import { messageBlocks } from '../../wire/block-pool';

/** Who answers messages. */
export interface MessageTaker {
  /** The answer to a message. */
  receive(request: PeerRequest): PeerAnswer;
}

/** Gives every message to the pool, once there is one that has begun. */
export function peerService(
  pool: () => MessageTaker | undefined, peers: PeerLog, malformed: () => void,
): OnMessage {
  return (arena, offset, length, _encoding, respond) => {
    const taker = pool();
    if (taker === undefined) {
      respond({ code: Code.unavailable, message: 'this pod does not take part yet, or any more' });
      return;
    }
    let request: PeerRequest;
    try {
      request = readRequest(arena.subarray(offset, offset + length));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      malformed();
      peers.warn('A message is refused.', 'unknown', error.message);
      respond({ code: Code.invalidArgument, message: error.message });
      return;
    }
    const answer = taker.receive(request);
    const bytes = writeAnswer(answer);
    if (answer.written !== undefined) {
      void answer.written.then(() => respond(OK, bytes));
      return;
    }
    // Whoever has nothing to write has copied what it holds.
    if (request.body?.kind === 'forward') messageBlocks.give(arena);
    respond(OK, bytes);
  };
}
