import { createOtlpReceiver, type OtlpReceiver } from './otlp';
import { otlpReceiver } from '../../config';
import { receiverContext } from '../../testing/component-context';
import { RecordingConsumer } from '../../testing/recording-consumer';

function receiverOf(protocols: object): OtlpReceiver {
  const { settings, problems } = otlpReceiver.read({ protocols });
  expect(problems).toEqual([]);
  return createOtlpReceiver(settings!, receiverContext('otlp/eu', {
    traces: new RecordingConsumer(),
  }));
}

it('may be stopped before it is started, and twice', async () => {
  const receiver = receiverOf({ grpc: {}, http: {} });
  await receiver.stop();
  await receiver.stop();
  expect(receiver.ports).toEqual({});
});

it.each(['grpc', 'http'])('says that %s cannot listen, and why', async (protocol) => {
  const dns = jest.requireActual<typeof import('dns')>('dns');
  const { lookup } = dns;
  const fail = (_name: string, _options: object, done: (error: Error) => void): void => {
    setImmediate(() => done(new Error('getaddrinfo ENOTFOUND nowhere')));
  };
  Object.assign(dns, { lookup: fail });
  const receiver = receiverOf({ [protocol]: { endpoint: 'nowhere:1' } });
  await expect(receiver.start()).rejects.toThrow(
    `receivers.otlp/eu.protocols.${protocol}: host nowhere: must have an address, `
    + 'got getaddrinfo ENOTFOUND nowhere');
  Object.assign(dns, { lookup });
  await receiver.stop();
});

it('shows its counters from the start, those of signals without a pipeline never', () => {
  const { settings } = otlpReceiver.read({ protocols: { grpc: {} } });
  const context = receiverContext('otlp', { traces: new RecordingConsumer() });
  createOtlpReceiver(settings!, context);
  const value = (name: string): number | undefined => context.metrics.value(name, {
    receiver: 'otlp', transport: 'grpc',
  });
  expect(value('otelcol_receiver_accepted_spans')).toBe(0);
  expect(value('otelcol_receiver_refused_spans')).toBe(0);
  expect(value('otelcol_receiver_accepted_log_records')).toBeUndefined();
});
