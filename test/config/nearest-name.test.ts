import { nearestName } from '../../src/config';

const KNOWN = ['timeout', 'send_batch_size', 'send_batch_max_size', 'otlp', 'tail_sampling'];

test.each([
  ['send_batch_sise', 'send_batch_size'],
  ['sendBatchMaxSize', 'send_batch_max_size'],
  ['tiemout', 'timeout'],
  ['OTLP', 'otlp'],
  ['tailsampling', 'tail_sampling'],
  ['tail-sampling', 'tail_sampling'],
  ['otpl', 'otlp'],
])('%s was probably meant to be %s', (wrong, expected) => {
  expect(nearestName(wrong, KNOWN)).toBe(expected);
});

test.each(['x', 'metadata_keys', 'debug', ''])('%j was not meant to be any of them', (wrong) => {
  expect(nearestName(wrong, KNOWN)).toBeUndefined();
});
