import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors';
import { describeNotPlayed, loadManifests, sortManifests } from './manifests';

describe('manifests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'otelgw-manifests-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  test('are read from files with several documents and from lists, and sorted by kind', () => {
    const path = file('all.yaml', `
apiVersion: v1
kind: Service
metadata: {name: a}
---
apiVersion: v1
kind: List
items:
  - {apiVersion: apps/v1, kind: Deployment, metadata: {name: b}}
---
`);
    const manifests = loadManifests([path]);
    expect(manifests.services.map((each) => each.metadata?.name)).toEqual(['a']);
    expect(manifests.deployments.map((each) => each.metadata?.name)).toEqual(['b']);
  });

  test('tell all that is wrong at once, with file and line', () => {
    const path = file('bad.yaml',
      '# nothing\n---\nkind: Service\n---\napiVersion: v1\nkind: Pod\n');
    const missing = join(folder, 'missing');
    let told = '';
    try {
      loadManifests([path, missing]);
    } catch (thrown) {
      told = messageOf(thrown);
    }
    expect(told.split('\n')).toEqual([
      `${path}:3: must have kind and apiVersion, got {"kind":"Service"}`,
      `${path}:5: metadata.name of this Pod must be a text, got undefined`,
      expect.stringContaining(`${missing}: must be a readable file or folder, got`),
    ]);
  });

  test('that hold nothing are told how to come by', () => {
    expect(() => loadManifests([file('empty.yaml', '')])).toThrow('write them with "cdk8s synth"');
  });

  test('of kinds without meaning on one machine are counted in one line', () => {
    const object = (kind: string): { apiVersion: string; kind: string; metadata: object } =>
      ({ apiVersion: 'v1', kind, metadata: { name: 'x' } });
    const manifests = sortManifests([
      object('ServiceMonitor'), object('ServiceMonitor'), object('HorizontalPodAutoscaler'),
      object('Namespace'), object('Service'),
    ]);
    expect(describeNotPlayed(manifests)).toBe(
      'not played here: 1 HorizontalPodAutoscaler (held at the minimum), 2 ServiceMonitor');
  });
});
