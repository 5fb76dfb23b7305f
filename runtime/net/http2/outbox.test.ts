import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Outbox } from './outbox';

const BYTES = 5000;

/** An outbox over a system that takes nothing before `take` is called. */
function outboxOf(): { outbox: Outbox; system: Duplex; take: () => void } {
  const held: (() => void)[] = [];
  const system = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => { held.push(done); },
  });
  const outbox = new Outbox(system as Socket, () => undefined);
  return { outbox, system, take: () => { for (const done of held.splice(0)) done(); } };
}

test('what was put in is written when the system has taken it', () => {
  const { outbox, take } = outboxOf();
  outbox.append(Buffer.alloc(BYTES));
  const seen = [outbox.hasWritten(outbox.position)];
  outbox.flush();
  seen.push(outbox.hasWritten(outbox.position));
  take();
  seen.push(outbox.hasWritten(outbox.position));
  expect(seen).toEqual([false, false, true]);
});

test.each([
  ['closed', ({ outbox }: ReturnType<typeof outboxOf>) => outbox.close()],
  ['flushed to a socket that has ended', ({ outbox, system }: ReturnType<typeof outboxOf>) => {
    system.end();
    outbox.flush();
  }],
])('what was forgotten because the outbox was %s was never written, nor what waits', (_, end) => {
  const all = outboxOf();
  const { outbox, take } = all;
  outbox.append(Buffer.alloc(BYTES));
  outbox.flush();
  const first = outbox.position;
  outbox.append(Buffer.alloc(3 * BYTES));
  end(all);
  expect([outbox.hasWritten(first), outbox.hasWritten(outbox.position)]).toEqual([false, false]);
  take();
  expect([outbox.hasWritten(first), outbox.hasWritten(outbox.position)]).toEqual([true, false]);
});
