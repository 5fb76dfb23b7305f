import { withFeatureGates } from './feature-gates';
import { contracts, problemText, readCollectorConfig, type TailSamplingSettings } from '../config';

const TAIL = 'processor.tailsamplingprocessor.';
const TEXT = JSON.stringify({
  receivers: { otlp: { protocols: { grpc: {} } } },
  processors: {
    'tail_sampling/a': { policies: [{ name: 'a', type: 'always_sample' }] },
    'tail_sampling/b': { recordpolicy: true, policies: [{ name: 'b', type: 'always_sample' }] },
    'batch': {},
  },
  exporters: { nop: {} },
  service: {
    pipelines: {
      traces: {
        receivers: ['otlp'],
        processors: ['tail_sampling/a', 'tail_sampling/b', 'batch'],
        exporters: ['nop'],
      },
    },
  },
});

function readWith(...given: readonly string[]) {
  const reading = withFeatureGates(
    readCollectorConfig([{ name: 'a', text: TEXT }], {}, { contracts }), given);
  const keysOf = (id: string) => {
    const settings = reading.settings?.processors.get(id)?.settings as TailSamplingSettings;
    return [
      settings.usetracestate, settings.recordpolicy, settings.metricstatcountspanssampled,
      settings.metricstatcountbytessampled,
    ].map(Number).join('');
  };
  return {
    keys: [keysOf('tail_sampling/a'), keysOf('tail_sampling/b')],
    batch: reading.settings?.processors.get('batch')?.settings,
    warnings: reading.warnings.map(problemText),
  };
}

test.each([
  ['no gate', [], ['0000', '0100']],
  ['a gate', [`${TAIL}usetracestate`], ['1000', '1100']],
  ['gates with commas and signs',
    [`+${TAIL}usetracestate, ${TAIL}metricstatcountspanssampled`], ['1010', '1110']],
  ['gates of two arguments',
    [`${TAIL}metricstatcountbytessampled`, `${TAIL}recordpolicy`], ['0101', '0101']],
  ['a gate that is off, which leaves what the key says',
    [`-${TAIL}recordpolicy`], ['0000', '0100']],
  ['the last word on a gate', [`${TAIL}usetracestate,-${TAIL}usetracestate`], ['0000', '0100']],
])('%s: keys of all tail samplers follow', (_, given, keys) => {
  expect(readWith(...given)).toMatchObject({ keys, warnings: [] });
});

test('other components are as they were', () => {
  expect(readWith(`${TAIL}usetracestate`).batch).toEqual(readWith().batch);
});

test('a gate that is none of these is told, and the others hold', () => {
  const { keys, warnings } = readWith(`telemetry.useNew,${TAIL}recordpolicy,-exporter.x`);
  expect(keys).toEqual(['0100', '0100']);
  expect(warnings).toEqual([
    `--feature-gates: telemetry.useNew has no effect in this runtime; the gates that have are ${[
      'usetracestate', 'recordpolicy', 'metricstatcountspanssampled', 'metricstatcountbytessampled',
    ].map((key) => TAIL + key).join(', ')}`,
  ]);
});

test('a gate of samplers is told where there is none', () => {
  const text = JSON.stringify({
    ...JSON.parse(TEXT) as object,
    processors: {},
    service: { pipelines: { traces: { receivers: ['otlp'], exporters: ['nop'] } } },
  });
  const reading = readCollectorConfig([{ name: 'a', text }], {}, { contracts });
  const given = [`${TAIL}recordpolicy`, `-${TAIL}usetracestate`];
  expect(withFeatureGates(reading, given).warnings.map(problemText)).toEqual([
    `--feature-gates: ${TAIL}recordpolicy has no effect without a tail_sampling`,
  ]);
});

test('what is wrong in a configuration is told as without gates', () => {
  const reading = withFeatureGates(readCollectorConfig([{ name: 'a', text: '{}' }], {}),
    [`${TAIL}recordpolicy`]);
  expect(reading.settings).toBeUndefined();
  expect(reading.problems).not.toEqual([]);
});
