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
