/** What the constructs write, before the real OpenTelemetry Collector. */
import { parse } from 'yaml';
import { upstreamComplaint } from './upstream-collector';
import { exampleNames, objectsIn, synthesizeExample } from '../example-objects';

/** Types that the collector of builder.yaml does not hold. */
const ELSEWHERE = ['datadog', 'prometheusremotewrite', 'resource'];
const ENV = {
  POD_IP: '127.0.0.1',
  POD_NAME: 'pod',
  POD_NAMESPACE: 'namespace',
  NODE_NAME: 'node',
  BACKEND_API_KEY: 'key',
  DD_API_KEY: 'key',
  STORE_API_KEY: 'key',
};

const CONFIGS = exampleNames.flatMap((name) => synthesizeExample(name).flatMap((file) =>
  objectsIn(file.text).filter(({ kind }) => kind === 'ConfigMap')
    .map(({ metadata, data }): [string, string] =>
      [`${name}/${file.name}/${metadata.name}`, data['collector.yaml']])));

function typesIn(config: string): string[] {
  const { receivers, processors, exporters, extensions } = parse(config) as
    Record<string, Record<string, unknown> | undefined>;
  return [receivers, processors, exporters, extensions]
    .flatMap((section) => Object.keys(section ?? {})).map((id) => id.split('/')[0]);
}

test.each(CONFIGS.filter(([, config]) =>
  !typesIn(config).some((type) => ELSEWHERE.includes(type))))('%s is accepted', (_name, config) => {
  expect(upstreamComplaint(config, ENV)).toBe('');
});

test.each(CONFIGS.filter(([, config]) =>
  typesIn(config).some((type) => ELSEWHERE.includes(type))))(
  '%s is refused for nothing but components that this build lacks', (_name, config) => {
    const complaints = upstreamComplaint(config, ENV).match(/^\* .*$|^\s+- .*|unknown type.*/gm);
    expect(complaints).not.toBeNull();
    for (const complaint of complaints ?? []) {
      expect(complaint)
        .toMatch(/unknown type: "(datadog|prometheusremotewrite|resource)"|decoding/);
    }
  });
