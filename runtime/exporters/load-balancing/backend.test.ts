import { Backend } from './backend';
import { Failover } from './failover';
import { GatherWindow } from './gather-window';
import { loadBalancingExporter } from '../../config';
import { RetryableError } from '../../errors';
import { Code } from '../../net/status';
import { createPayload, type Signal } from '../../pipeline/payload';
import { exporterContext } from '../../testing/component-context';
import { settle } from '../../testing/fake-clock';
import { ScriptedSender, type Answer } from '../../testing/scripted-sender';

const away = (): Error => new RetryableError('away', { code: Code.unavailable });

function setUp(script: Answer[], unhealthyAfter: string) {
  const { settings } = loadBalancingExporter.read({
    resolver: { static: { hostnames: ['a'] } },
    failover: { enabled: true, failure_threshold: 1, unhealthy_after: unhealthyAfter },
  });
  const { clock, log, metrics } = exporterContext('load_balancing', ['traces', 'logs']);
  const failover = new Failover({
    settings: settings!.failover, id: 'load_balancing', clock, log, metrics,
  });
  const sender = new ScriptedSender(script);
  const backend = new Backend('a:1', sender, {
    clock,
    failover,
    metrics,
    window: new GatherWindow(clock, 5),
    requests: 10,
    timeoutMs: 0,
    signals: ['traces', 'logs'],
  });
  const send = (items: number, signal: Signal = 'traces'): void => {
    backend.send(createPayload(signal, [new Uint8Array(items)], items)).catch(() => undefined);
  };
  const sent = (): number[] => sender.attempts.map(({ items }) => items);
  return { backend, clock, send, sender, sent };
}

test.each<[string, string, (send: (items: number, signal: Signal) => void) => void, number[]]>([
  ['an answer about another signal', '1h', (send) => { send(1, 'logs'); }, [1, 2000]],
  ['a probe', '0s', () => undefined, [0, 2000]],
])('doubts about a backend end with %s: what waited leaves', async (_, after, end, then) => {
  const { backend, clock, send, sender, sent } = setUp([away, 'hang'], after);
  send(1000);
  await settle();
  send(2000);
  send(2000);
  await clock.advance(5);
  expect(sent()).toEqual([1000, 2000]);
  end(send);
  await clock.advance(1000);
  expect(sent()).toEqual([1000, 2000, ...then]);
  sender.release();
  await backend.stop();
});

test('while a backend is in doubt, nothing wakes the process for what waits', async () => {
  const { backend, clock, send, sender, sent } = setUp([away, 'hang'], '1h');
  send(1000);
  await settle();
  send(2000);
  send(1);
  await clock.advance(5);
  expect([sent(), clock.waiting]).toEqual([[1000, 2000], 0]);
  sender.release();
  await settle();
  expect(sent()).toEqual([1000, 2000, 1]);
  await backend.stop();
});
