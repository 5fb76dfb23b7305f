import { intake } from './intake';
import { receiverCounters } from './receiver-metrics';
import { PermanentError, RetryableError } from '../../errors';
import type { Status } from '../../net/status';
import type { Encoding } from '../../net/transport';
import { receiverContext } from '../../testing/component-context';
import { settle } from '../../testing/fake-clock';
import { RecordingConsumer } from '../../testing/recording-consumer';
import { samplePayload } from '../../testing/sample-payload';

const TRACES = samplePayload('traces', 3).chunks[0];

interface Answer {
  readonly status: Status;
  readonly body: string;
}

function setUp(transport: 'grpc' | 'http' = 'grpc') {
  const consumer = new RecordingConsumer();
  const context = receiverContext('otlp', { traces: consumer });
  const onMessage = intake(
    'traces', transport, consumer, receiverCounters(context, 'traces', transport));
  const answers: Answer[] = [];
  const give = async (bytes: Uint8Array, encoding: Encoding = 'proto'): Promise<void> => {
    const arena = Buffer.concat([Buffer.from([1, 2]), bytes, Buffer.from([3])]);
    onMessage(arena, 2, bytes.length, encoding, (status, body = Buffer.alloc(0)) => {
      answers.push({ status, body: Buffer.from(body).toString('latin1') });
    });
    await settle();
  };
  const counted = (): (number | undefined)[] => ['accepted', 'refused'].map((what) =>
    context.metrics.value(`otelcol_receiver_${what}_spans`, { receiver: 'otlp', transport }));
  return { consumer, answers, counted, give };
}

it('gives the bytes on as they are and answers when they were taken', async () => {
  const { consumer, answers, counted, give } = setUp();
  const release = consumer.hold();
  await give(TRACES);
  expect(answers).toEqual([]);
  release();
  await settle();
  expect(answers).toEqual([{ status: { code: 0, message: '' }, body: '\n\0' }]);
  expect(consumer.bytes.equals(TRACES)).toBe(true);
  expect(consumer.items).toBe(3);
  expect(counted()).toEqual([3, 0]);
});

it.each([
  ['proto', Buffer.alloc(0), '\n\0'],
  ['proto', Buffer.from('0a0012', 'hex').subarray(0, 2), '\n\0'],
  ['json', Buffer.from('{}'), '{"partialSuccess":{}}'],
  ['json', Buffer.from('{"resourceSpans":[]}'), '{"partialSuccess":{}}'],
] as const)('answers %s without items without asking the pipeline (%s)', async (
  encoding, bytes, body,
) => {
  const { consumer, answers, give } = setUp('http');
  await give(bytes, encoding);
  expect(answers).toEqual([{ status: { code: 0, message: '' }, body }]);
  expect(consumer.calls).toBe(0);
});

it.each([
  [new RetryableError('full'), 14], [new PermanentError('bad'), 13],
  [new RetryableError('slow', { code: 8, delayMs: 5 }), 8],
])('counts and tells a refusal: %s', async (error, code) => {
  const { consumer, answers, counted, give } = setUp();
  consumer.refuse(() => error);
  await give(TRACES);
  expect(answers).toHaveLength(1);
  expect(answers[0].status.code).toBe(code);
  expect(counted()).toEqual([0, 3]);
});

it('tells a refusal that is thrown at once, too', () => {
  const context = receiverContext('otlp', {});
  const refusing = { consume: () => { throw new RetryableError('full'); } };
  const statuses: Status[] = [];
  intake('traces', 'grpc', refusing, receiverCounters(context, 'traces', 'grpc'))(
    TRACES, 0, TRACES.length, 'proto', (status) => { statuses.push(status); });
  expect(statuses).toEqual([{ code: 14, message: 'full' }]);
});

it.each([
  ['grpc', 'proto', 13, /^grpc: error unmarshalling request: /],
  ['http', 'proto', 3, /^protobuf byte /],
  ['http', 'json', 3, /./],
] as const)('over %s, broken %s is answered with code %d', async (
  transport, encoding, code, message,
) => {
  const { consumer, answers, counted, give } = setUp(transport);
  await give(Buffer.from('hello'), encoding);
  expect(answers).toEqual([{
    status: { code, message: expect.stringMatching(message) }, body: '',
  }]);
  expect(consumer.calls).toBe(0);
  expect(counted()).toEqual([0, 0]);
});
