/** What somebody reads who has changed one word of an example, and the wrong one. */
import { readFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import * as ts from 'typescript';

const EXAMPLES = join(__dirname, '..', 'examples');

/** Runs an example in which `from` stands as `to`; what it says. */
function runChanged(example: string, from: string, to: string): string {
  const text = readFileSync(join(EXAMPLES, `${example}.ts`), 'utf8');
  expect(text).toContain(from);
  const { outputText } = ts.transpileModule(text.replace(from, to), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = join(tmpdir(), 'otelgw-never-written');
  try {
    new Function('require', 'exports', outputText)((name: string) => jest.requireActual(name), {});
    return '';
  } catch (error) {
    return (error as Error).message;
  } finally {
    if (before === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = before;
  }
}

test.each([
  ['tail-sampling', '\'trace-store:4317\'', '\'trace-store\'',
    '[telemetry/sampler] exporters.otlp_grpc/store.endpoint: must be host:port, got "trace-store"',
    'give the endpoint in `exportTo` as host:port, such as \'store:4317\''],
  ['tail-sampling', 'trace-store:4317', 'trace-store:431700',
    '[telemetry/sampler] exporters.otlp_grpc/store.endpoint: must ',
    'give the endpoint in `exportTo` as host:port'],
  ['tail-sampling', 'samplingPercentage: 10', 'hashSalt: 5 as any',
    '[telemetry/sampler] processors.tail_sampling.policies[2].probabilistic.hash_salt: must be',
    'mend number 3 of the `policies`.'],
  ['tail-sampling', '{ forwardTo: sampler }', '{ forwardTo: sampler, grpcPort: 80 }',
    '[telemetry/agent] grpcPort: must be a whole number from 1024 to 65535',
    'leave `grpcPort` out'],
  ['tail-sampling', '{ forwardTo: sampler }',
    '{ exportTo: [Backend.otlp(\'sampler\', { endpoint: \'smapler:4317\' })] }',
    '[telemetry/agent] exporters.otlp_grpc/sampler: must be sent to a Service that exists, got',
    'give `forwardTo` that construct'],
  ['datadog-gateway', 'CollectorImage.datadog(\'7.76.0\')', 'CollectorImage.k8s(\'0.159.0\')',
    'exporters.datadog: is not a component of', 'CollectorImage.contrib'],
  ['trace-gateway', 'ScalingSignal.acceptedSpansPerSecond(10_000)',
    'ScalingSignal.pods(\'otelcol_receiver_accepted_spans\', 10_000)',
    '[traces/otel-gateway] scaling: otelcol_receiver_accepted_spans is a counter, which only grows',
    'use ScalingSignal.acceptedSpansPerSecond(10000)'],
])('%s with %j as %j says what is wrong and how to mend it', (example, from, to, sentence, way) => {
  const said = runChanged(example, from, to);
  expect(said).toContain(sentence);
  expect(said).toContain(way);
});
