/** In which order a collector of real components ends them. */
import { Collector } from '../collector';
import type { Component, Processor } from '../component';
import { contracts, readCollectorConfig, type CollectorSettings } from '../config';
import { componentContext } from '../testing/component-context';

const mockCalls: string[] = [];

function mockNoted(kind: string, component: Component & Partial<Processor>): Component {
  const { stop, answered } = component;
  component.stop = () => {
    mockCalls.push(`${kind} stops`);
    return stop.call(component);
  };
  if (answered === undefined) return component;
  component.answered = () => {
    mockCalls.push(`${kind} hears that all is answered`);
    return answered.call(component);
  };
  return component;
}

jest.mock('../components', () => {
  const real = jest.requireActual<Record<string, (...words: unknown[]) => Component>>(
    '../components');
  return Object.fromEntries(Object.entries(real).map(([name, build]) => [
    name, (...words: unknown[]) => mockNoted(name.replace('build', ''), build(...words)),
  ]));
});

const CONFIG = {
  receivers: { otlp: { protocols: { grpc: { endpoint: '127.0.0.1:0' } } } },
  processors: { tail_sampling: { policies: [{ name: 'all', type: 'always_sample' }] } },
  exporters: { nop: {} },
  extensions: { health_check: { endpoint: '127.0.0.1:0' } },
  service: {
    extensions: ['health_check'],
    pipelines: {
      traces: { receivers: ['otlp'], processors: ['tail_sampling'], exporters: ['nop'] },
    },
  },
};

test('a sampler hears that exporters have answered all after they have stopped', async () => {
  const file = { name: 'test', text: JSON.stringify(CONFIG) };
  const { settings, problems } = readCollectorConfig([file], {}, { contracts });
  expect(problems).toEqual([]);
  const collector = new Collector(settings as CollectorSettings, componentContext('collector'));
  await collector.start();
  await collector.stop();
  expect(mockCalls).toEqual([
    'Receiver stops', 'Processor stops', 'Exporter stops',
    'Processor hears that all is answered', 'Extension stops',
  ]);
});
