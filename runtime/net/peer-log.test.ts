import { PeerLog } from './peer-log';
import { componentContext } from '../testing/component-context';

test('a peer is complained of once a minute, whatever the reasons, and others apart', async () => {
  const context = componentContext('x');
  const peers = new PeerLog(context);
  const tell = (): void => {
    peers.warn('Cannot connect.', 'a', 'why');
    peers.warn('Cannot connect.', 'a', 'and why');
    peers.warn('Cannot connect.', 'b', 'why');
  };
  tell();
  await context.clock.advance(59_000);
  tell();
  expect(context.log.lines.map(({ fields }) => fields)).toEqual([
    { peer: 'a', error: 'why' }, { peer: 'b', error: 'why' },
  ]);
  await context.clock.advance(2000);
  tell();
  expect(context.log.lines).toHaveLength(4);
});

test('errors are told apart where they are few, and what may be nothing is for debugging', () => {
  const context = componentContext('x');
  const peers = new PeerLog(context);
  for (const reason of ['old', 'new', 'old']) peers.warn('Failed.', 'a', reason, reason);
  for (let i = 0; i < 2; i++) peers.debug('Left.', 'a', 'so');
  expect(context.log.lines).toEqual([
    { level: 'warn', message: 'Failed.', fields: { peer: 'a', error: 'old' } },
    { level: 'warn', message: 'Failed.', fields: { peer: 'a', error: 'new' } },
    { level: 'debug', message: 'Left.', fields: { peer: 'a', error: 'so' } },
  ]);
});

test('however many peers there are, only so many are remembered', () => {
  const context = componentContext('x');
  const peers = new PeerLog(context);
  for (let peer = 0; peer < 3000; peer++) peers.warn('Failed.', String(peer), 'so');
  expect((peers as unknown as { toldAt: Map<string, number> }).toldAt.size)
    .toBeLessThanOrEqual(1024);
});
