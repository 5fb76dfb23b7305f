/**
 * Journals are in directories of their own, each of one sampler in one pipeline.
 */
import { problemReport, readCollectorConfig } from '../../src/config';

const POLICIES = [{ name: 'a', type: 'always_sample' }];

function read(
  directories: Readonly<Record<string, string>>,
  pipelines: Readonly<Record<string, readonly string[]>>,
): string {
  const text = JSON.stringify({
    receivers: { otlp: { protocols: { grpc: {} } } },
    processors: Object.fromEntries(Object.entries(directories)
      .map(([id, directory]) => [id, { policies: POLICIES, journal: { directory } }])),
    exporters: { nop: {} },
    service: {
      pipelines: Object.fromEntries(Object.entries(pipelines).map(([id, processors]) => [
        id, { receivers: ['otlp'], processors, exporters: ['nop'] },
      ])),
    },
  });
  const { problems } = readCollectorConfig([{ text, name: 'a' }], { DIR: '/j' });
  return problemReport(problems.map((mistake) => ({ ...mistake, line: undefined })));
}

const [A, B] = ['tail_sampling/a', 'tail_sampling/b'];
const ONE_EACH = { 'traces/a': [A], 'traces/b': [B] };

test.each([
  ['one each', { [A]: '/j/a', [B]: '/j/b' }, ONE_EACH, ''],
  ['the same', { [A]: '/j', [B]: '/j' }, ONE_EACH,
    'processors.tail_sampling/b.journal.directory: must be of this sampler alone, got /j, which'
    + ' tail_sampling/a uses'],
  ['the same in other words', { [A]: '/j/a', [B]: '/j//a/' }, ONE_EACH,
    'processors.tail_sampling/b.journal.directory: must be of this sampler alone, got /j//a/, which'
    + ' tail_sampling/a uses'],
  ['the same by a variable', { [A]: '/j', [B]: '${env:DIR}' }, ONE_EACH,
    'processors.tail_sampling/b.journal.directory: must be of this sampler alone, got /j, which'
    + ' tail_sampling/a uses'],
  ['one in two pipelines', { [A]: '/j' }, { 'traces/a': [A], 'traces/b': [A] },
    'processors.tail_sampling/a.journal.directory: must be of a sampler in one pipeline, got'
    + ' tail_sampling/a in traces/a and traces/b, in each as a sampler of its own'],
] as const)('samplers have directories: %s', (_, directories, pipelines, problem) => {
  const report = read(directories, pipelines);
  expect(report.slice(0, problem.length)).toBe(problem);
  expect(report === '').toBe(problem === '');
});
