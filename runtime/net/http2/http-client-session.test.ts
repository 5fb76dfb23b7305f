import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { HttpClientSession } from './http-client-session';
import { FakeClock } from '../../testing/fake-clock';
import { rawFrame } from '../../testing/raw-http2';

const SETTINGS = 4;
const IDLE_MS = 20;

test('the time without requests begins with the settings of the peer', async () => {
  const clock = new FakeClock();
  const events: string[] = [];
  const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const session = new HttpClientSession(
    socket as Socket, clock, { idle: IDLE_MS, readIdle: 0, ping: 0 },
    {
      ready: () => events.push('ready'),
      leaving: () => events.push('leaving'),
      failed: () => events.push('failed'),
      closed: () => events.push('closed'),
    });
  await clock.advance(IDLE_MS * 10);
  expect(events).toEqual([]);
  const settings = rawFrame(SETTINGS, 0, 0);
  session.connection.push(settings, 0, settings.length);
  await clock.advance(IDLE_MS - 1);
  expect(events).toEqual(['ready']);
  await clock.advance(1);
  expect(events).toEqual(['ready', 'leaving']);
});
