/**
 * A load balancer is told of a routing key that a signal of its pipelines does not have.
 */
import { problemReport, readCollectorConfig, ROUTING_KEYS } from '../../src/config';

function read(key: string | undefined, ...pipelines: readonly string[]): string {
  const exporter = {
    resolver: { static: { hostnames: ['a'] } },
    ...key !== undefined && { routing_key: key },
    ...key === 'attributes' && { routing_attributes: ['a'] },
  };
  const text = JSON.stringify({
    receivers: { otlp: { protocols: { grpc: {} } } },
    exporters: { 'load_balancing/a': exporter },
    service: {
      pipelines: Object.fromEntries(pipelines.map((id) => [
        id, { receivers: ['otlp'], exporters: ['load_balancing/a'] },
      ])),
    },
  });
  const { problems } = readCollectorConfig([{ text, name: 'a' }], {});
  return problemReport(problems.map((mistake) =>
    ({ ...mistake, line: undefined, file: undefined })));
}

const WORDS = [...new Set(Object.values(ROUTING_KEYS).flat())];
const SIGNALS = ['traces', 'logs', 'metrics'] as const;
const ROWS = SIGNALS.flatMap((signal) => WORDS.map((word) => [signal, word] as const));

test.each(ROWS)('%s by %s', (signal, word) => {
  const words: readonly string[] = ROUTING_KEYS[signal];
  expect(read(word, signal)).toBe(words.includes(word) ? '' : 'exporters.load_balancing/a'
    + `.routing_key: must be one of ${words.join(', ')} in a pipeline of ${signal}, got ${word}`);
});

test('each signal is told of once, however many pipelines it has', () => {
  expect(read('metric', 'metrics', 'traces/a', 'logs', 'traces/b').split('\n')).toEqual([
    'exporters.load_balancing/a.routing_key: must be one of traceID, service, attributes in a'
    + ' pipeline of traces, got metric',
    'exporters.load_balancing/a.routing_key: must be one of service, traceID, resource, attributes'
    + ' in a pipeline of logs, got metric',
  ]);
});

test('without a routing key all signals are routed', () => {
  expect(read(undefined, ...SIGNALS)).toBe('');
});

test('a word that routes nothing is told of as such', () => {
  expect(read('spanID', 'traces')).toMatch(/^exporters.load_balancing\/a.routing_key: must be one/);
  expect(read('spanID', 'traces')).not.toContain('pipeline');
});
