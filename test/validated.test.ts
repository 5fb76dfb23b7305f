/** What `otelgw validate` says of every configuration that the examples become. */
import { exampleNames, objectsIn, synthesizeExample } from './example-objects';
import { upstreamComplaints, upstreamTarget } from '../runtime/cli/upstream-validation';
import { problemReport, readCollectorConfig } from '../runtime/config';

interface Configured {
  readonly name: string;
  readonly image: string;
  readonly text: string;
  readonly env: Record<string, string>;
}

const POD_IP = '10.0.0.1';

const CONFIGS = exampleNames.flatMap((example) => synthesizeExample(example).flatMap((file) => {
  const objects = objectsIn(file.text);
  return objects.flatMap(({ kind, metadata, spec }): Configured[] => {
    const text = objects.find((object) => object.kind === 'ConfigMap'
      && object.metadata.name === `${metadata.name}-config`)?.data['collector.yaml'];
    if (!/^(DaemonSet|Deployment|StatefulSet)$/.test(kind) || text === undefined) return [];
    const [{ image, env = [] }] = spec.template.spec.containers;
    return [{
      name: `${example}/${file.name}: ${metadata.name}`,
      image,
      text,
      env: Object.fromEntries(env.map(({ name }: { name: string }) =>
        [name, name === 'POD_IP' ? POD_IP : 'text'])),
    }];
  });
}));

/** The distribution in an image; for Datadog's, whose list nobody has, the one that holds most. */
function distributionOf(image: string): string {
  const [, name, version] = /^otel\/opentelemetry-collector-(\w+):([\d.]+)$/.exec(image) ?? [];
  return name === undefined ? 'otelcol-contrib' : `otelcol-${name}:${version}`;
}

const isOurs = ({ image }: Configured) => image.includes('/otelgw:');

test('both our collector and others run in the examples', () => {
  expect(CONFIGS.filter(isOurs).length).toBeGreaterThan(5);
  expect(CONFIGS.filter((each) => !isOurs(each)).length).toBeGreaterThan(5);
});

test.each(CONFIGS.filter(isOurs))('$name is valid for our collector', ({ text, env }) => {
  const { problems, warnings } = readCollectorConfig([{ name: 'collector.yaml', text }], env);
  expect(problemReport([...problems, ...warnings])).toBe('');
});

test.each(CONFIGS.filter((each) => !isOurs(each)))('$name is valid for $image', (configured) => {
  const target = upstreamTarget(distributionOf(configured.image));
  const source = { name: 'collector.yaml', text: configured.text };
  expect(upstreamComplaints([source], target)).toEqual([]);
});
