/**
 * Tail samplers that name a pool name one, and each of them another.
 */
import { problemReport, readCollectorConfig } from '../../src/config';

const POLICIES = [{ name: 'a', type: 'always_sample' }];
const POOL = { resolver: { static: { hostnames: ['a'] } } };

interface Given {
  readonly samplers: Readonly<Record<string, string>>;
  readonly extensions?: Readonly<Record<string, object>>;
  readonly pipelines?: Readonly<Record<string, readonly string[]>>;
}

function read({ samplers, extensions = { trace_peers: POOL }, pipelines }: Given): string {
  const processors = Object.fromEntries(Object.entries(samplers)
    .map(([id, peers]) => [id, { policies: POLICIES, peers }]));
  const used = pipelines ?? { traces: Object.keys(samplers) };
  const text = JSON.stringify({
    receivers: { otlp: { protocols: { grpc: {} } } },
    processors,
    exporters: { nop: {} },
    extensions,
    service: {
      extensions: Object.keys(extensions),
      pipelines: Object.fromEntries(Object.entries(used).map(([id, names]) => [
        id, { receivers: ['otlp'], processors: names, exporters: ['nop'] },
      ])),
    },
  });
  const { problems } = readCollectorConfig([{ text, name: 'a' }], {});
  return problemReport(problems.map((mistake) => ({ ...mistake, line: undefined })));
}

const CASES: readonly [string, Given, string][] = [
  ['one that is there', { samplers: { tail_sampling: 'trace_peers' } }, ''],
  ['one for each', {
    samplers: { 'tail_sampling/a': 'trace_peers/a', 'tail_sampling/b': 'trace_peers/b' },
    extensions: { 'trace_peers/a': POOL, 'trace_peers/b': POOL },
  }, ''],
  ['an extension of another type', {
    samplers: { tail_sampling: 'health_check' }, extensions: { health_check: {} },
  }, 'processors.tail_sampling.peers: names health_check, which joins no samplers'],
  ['one that is not there', { samplers: { tail_sampling: 'trace_peer' } },
    'processors.tail_sampling.peers: names trace_peer, which is not configured'],
  ['the same as another', {
    samplers: { 'tail_sampling/a': 'trace_peers', 'tail_sampling/b': 'trace_peers' },
  }, 'processors.tail_sampling/b.peers: names trace_peers, as tail_sampling/a does'],
  ['one for a sampler of two pipelines', {
    samplers: { tail_sampling: 'trace_peers' },
    pipelines: { 'traces/a': ['tail_sampling'], 'traces/b': ['tail_sampling'] },
  }, 'processors.tail_sampling.peers: names trace_peers, but tail_sampling stands in the pipelines'
    + ' traces/a and traces/b'],
];

test.each(CASES)('a sampler names %s', (_, given, problem) => {
  const report = read(given);
  expect(report.slice(0, problem.length)).toBe(problem);
  expect(report === '').toBe(problem === '');
});
