import {
  BackendNaming, EndpointConditions, EndpointSlice, EndpointSlices, parseServiceName,
} from './endpoint-slices';

const NAMING: BackendNaming = {
  service: 'sampler', namespace: 'tracing', ports: [4317], returnHostnames: false,
};

function slice(name: string, endpoints: EndpointSlice['endpoints']): EndpointSlice {
  return { metadata: { name }, endpoints };
}

const SERVICES: [string, string, string | undefined][] = [
  ['sampler', 'sampler', undefined],
  ['sampler.tracing', 'sampler', 'tracing'],
  ['sampler.tracing.svc.cluster.local', 'sampler', 'tracing'],
  ['sampler.tracing.svc.my.domain', 'sampler', 'tracing'],
];

test.each(SERVICES)('service "%s" is %s in namespace %s', (text, service, namespace) => {
  expect(parseServiceName(text)).toEqual({ service, namespace });
});

const ONE = ['10.0.0.1'];
const CASES: [string, Partial<BackendNaming>, EndpointSlice['endpoints'], string[]][] = [
  ['a ready endpoint is a backend', {}, [{ addresses: ONE, conditions: { ready: true } }],
    ['10.0.0.1:4317']],
  ['an endpoint that is not ready is none', {}, [{ addresses: ONE, conditions: { ready: false } }],
    []],
  ['an endpoint that ends is none, ready or not', {},
    [{ addresses: ONE, conditions: { ready: true, serving: true, terminating: true } }], []],
  ['an endpoint whose probe fails is none, though unready addresses are published', {},
    [{ addresses: ONE, conditions: { ready: true, serving: false, terminating: false } }], []],
  ['an endpoint that is all that it should be is a backend', {},
    [{ addresses: ONE, conditions: { ready: true, serving: true, terminating: false } }],
    ['10.0.0.1:4317']],
  ['an endpoint without conditions is ready', {}, [{ addresses: ONE }], ['10.0.0.1:4317']],
  ['an endpoint whose readiness is null is ready', {},
    [{ addresses: ONE, conditions: { ready: null } }], ['10.0.0.1:4317']],
  ['several ports make several backends', { ports: [1, 2] }, [{ addresses: ONE }],
    ['10.0.0.1:1', '10.0.0.1:2']],
  ['without ports the address stands alone', { ports: [] }, [{ addresses: ONE }], ONE],
  ['an IPv6 address has brackets before a port', {}, [{ addresses: ['fd00::1'] }],
    ['[fd00::1]:4317']],
  ['an IPv6 address has no brackets without a port', { ports: [] }, [{ addresses: ['fd00::1'] }],
    ['fd00::1']],
  ['a host name is completed by service and namespace', { returnHostnames: true },
    [{ addresses: ONE, hostname: 'sampler-0' }], ['sampler-0.sampler.tracing:4317']],
  ['an endpoint without a host name is left out when host names are wanted',
    { returnHostnames: true }, [{ addresses: ONE }], []],
  ['a slice without endpoints makes no backend', {}, null, []],
];

test.each(CASES)('%s', (_, naming, endpoints, backends) => {
  const slices = new EndpointSlices({ ...NAMING, ...naming });
  slices.set(slice('s1', endpoints));
  expect(slices.backends).toEqual(backends);
});

const ENDING = { ready: true, serving: true, terminating: true };
const GENERATIONS: [string, BackendNaming['generation'], EndpointConditions, boolean][] = [
  ['of generation 1 that is not ready', 1, { ready: false }, true],
  ['of generation 2 that is not ready', 2, { ready: false }, false],
  ['of generation 2 of which nothing is known', 2, {}, true],
  ['of generation 2 that ends and is called ready', 2, ENDING, true],
  ['of generation 3 that ends and is called ready', 3, ENDING, false],
];

test.each(GENERATIONS)('an endpoint %s', (_, generation, conditions, isBackend) => {
  const slices = new EndpointSlices({ ...NAMING, generation });
  slices.set(slice('s1', [{ addresses: ONE, conditions }]));
  expect(slices.backends).toEqual(isBackend ? ['10.0.0.1:4317'] : []);
});

test('an address that leaves one slice stays while another slice has it', () => {
  const slices = new EndpointSlices(NAMING);
  slices.set(slice('s1', [{ addresses: ONE }]));
  slices.set(slice('s2', [{ addresses: ONE }]));
  slices.set(slice('s1', []));
  expect(slices.backends).toEqual(['10.0.0.1:4317']);
  slices.delete(slice('s2', []));
  expect(slices.backends).toEqual([]);
});

test('a new list replaces all slices', () => {
  const slices = new EndpointSlices(NAMING);
  slices.set(slice('old', [{ addresses: ONE }]));
  slices.replaceAll([slice('new', [{ addresses: ['10.0.0.2'] }])]);
  expect(slices.backends).toEqual(['10.0.0.2:4317']);
});

test('endpoints that lack a wanted host name are counted', () => {
  const slices = new EndpointSlices({ ...NAMING, returnHostnames: true });
  const endpoints = [{ addresses: ONE }, { addresses: ONE, hostname: 'sampler-1' }];
  expect(slices.replaceAll([slice('s1', endpoints), slice('s2', endpoints)])).toBe(2);
  expect(slices.backends).toEqual(['sampler-1.sampler.tracing:4317']);
});
