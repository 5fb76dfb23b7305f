/** The same telemetry through the load balancers of both collectors: who gets what. */
import { GrpcBackends, USUAL_PORT } from './grpc-backends';
import { RandomChoices } from './random-choices';
import { askHttp } from './raw-request';
import { RoutedItems } from './routed-items';
import { SIDES, startSide, type RunningCollector, type Side } from './sides';
import type { Signal } from '../../pipeline/payload';

const SETS = 50;
const MOST_BACKENDS = 12;
/** Sets that one process has. */
const SETS_AT_ONCE = 25;
/** All of them connect to all of their backends at one time. */
const PATIENCE = '30s';

/** Signals that each key routes. */
const KEYS: Readonly<Record<string, readonly Signal[]>> = {
  traceID: ['traces', 'logs'],
  service: ['traces', 'logs', 'metrics'],
  attributes: ['traces', 'logs', 'metrics'],
  resource: ['logs', 'metrics'],
  metric: ['metrics'],
  streamID: ['metrics'],
};
const ATTRIBUTES = [
  ['tenant'], ['service.name'], ['http.route', 'tenant'], ['nowhere'], ['zone', 'span.kind'],
  ['span.name', 'log.severity'], ['tenant', 'log.body'], ['tenant', 'zone', 'http.route'],
];
const PATHS = { traces: '/v1/traces', logs: '/v1/logs', metrics: '/v1/metrics' };
const SIGNALS = ['traces', 'logs', 'metrics'] as const;

interface BackendSet {
  readonly name: string;
  readonly hostnames: readonly string[];
  readonly attributes: readonly string[];
}

const choose = new RandomChoices(23);
const backends = new GrpcBackends();
const running: RunningCollector[] = [];
const items = new RoutedItems(choose);
const REQUESTS: Readonly<Record<Signal, readonly Buffer[]>> = {
  traces: [items.spans(12, 6), items.spans(8, 6)],
  logs: [items.records(12, 6), items.records(8, 6)],
  metrics: [items.points(12, 4), items.points(8, 4)],
};

/** Names of backends in all ways of writing them. */
async function openBackends(): Promise<string[]> {
  const names: string[] = [];
  for (let at = 0; at < 20; at += 1) names.push(`127.0.0.1:${await backends.open('127.0.0.1')}`);
  for (let at = 0; at < 6; at += 1) names.push(`localhost:${await backends.open('127.0.0.1')}`);
  for (let at = 1; at <= 4; at += 1) {
    names.push(`127.10.21.${at}:${await backends.open(`127.10.21.${at}`)}`);
  }
  for (let at = 1; at <= 6; at += 1) {
    await backends.open(`127.10.20.${at}`, USUAL_PORT);
    names.push(`127.10.20.${at}`);
  }
  return names;
}

function setsOf(names: readonly string[]): BackendSet[] {
  return Array.from({ length: SETS }, (_, at) => {
    const hostnames = choose.some(names, 1 + at % MOST_BACKENDS);
    return {
      name: `s${at}`,
      // One name may be there twice, by mistake.
      hostnames: at % 10 === 9 ? [...hostnames, hostnames[0]] : hostnames,
      attributes: ATTRIBUTES[at % ATTRIBUTES.length],
    };
  });
}

function configuration(side: Side, sets: readonly BackendSet[], port: number): string {
  const exporters = sets.flatMap(({ name, hostnames, attributes }) =>
    Object.keys(KEYS).map((key): [string, object] => [`load_balancing/${name}-${key}`, {
      routing_key: key,
      ...key === 'attributes' && { routing_attributes: attributes },
      resolver: { static: { hostnames } },
      timeout: PATIENCE,
      protocol: {
        otlp: {
          timeout: PATIENCE,
          compression: 'none',
          tls: { insecure: true },
          headers: { 'x-route': `${side} ${name}-${key}` },
          sending_queue: { enabled: false },
        },
      },
    }]));
  const pipelines = SIGNALS.map((signal) => [signal, {
    receivers: ['otlp'],
    exporters: sets.flatMap(({ name }) => Object.keys(KEYS)
      .filter((key) => KEYS[key].includes(signal)).map((key) => `load_balancing/${name}-${key}`)),
  }]);
  return `
extensions: { }
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
exporters: ${JSON.stringify(Object.fromEntries(exporters))}
service: { telemetry: { logs: { level: error }, metrics: { level: none } },
  pipelines: ${JSON.stringify(Object.fromEntries(pipelines))} }
`;
}

/** Sends everything through one side, and waits until it was taken by the backends. */
async function route(side: Side, sets: readonly BackendSet[]): Promise<void> {
  const collector = await startSide(side, 1, ([port]) => configuration(side, sets, port));
  running.push(collector);
  for (const signal of SIGNALS) {
    for (const body of REQUESTS[signal]) {
      const { status } = await askHttp(collector.ports[0], {
        path: PATHS[signal], headers: { 'content-type': 'application/x-protobuf' }, body,
      });
      if (status !== 200) throw new Error(`${side}: must route ${signal}, got ${String(status)}`);
    }
  }
  collector.stop();
}

afterAll(() => {
  for (const collector of running) collector.stop();
  backends.stop();
});

/** Items whose backend is another one, or that came more than once, by set, key and signal. */
function differences(sets: readonly BackendSet[]): string[] {
  return sets.flatMap(({ name, hostnames, attributes }) => Object.keys(KEYS).flatMap((key) =>
    KEYS[key].flatMap((signal) => {
      const [ours, theirs] = SIDES.map((side) =>
        backends.arrivals(`${side} ${name}-${key}`, signal));
      const all = [...new Set([...ours.keys(), ...theirs.keys()])];
      const wrong = all.filter((item) =>
        ours.get(item)?.length !== 1 || String(ours.get(item)) !== String(theirs.get(item)));
      if (all.length > 0 && wrong.length === 0) return [];
      const [first = ''] = wrong;
      return [`${signal} by ${key} (${attributes.join(' ')}) to ${hostnames.join(' ')}: `
        + `${wrong.length} of ${all.length}, such as ${first}, which went to `
        + `${String(ours.get(first))}, upstream to ${String(theirs.get(first))}`];
    })));
}

describe('every item goes to the backend to which the real collector sends it', () => {
  let sets: readonly BackendSet[] = [];

  beforeAll(async () => {
    sets = setsOf(await openBackends());
    for (let from = 0; from < SETS; from += SETS_AT_ONCE) {
      const some = sets.slice(from, from + SETS_AT_ONCE);
      await Promise.all(SIDES.map((side) => route(side, some)));
    }
  }, 180_000);

  it(`in ${SETS} sets of one to twelve backends, by all keys`, () => {
    expect(differences(sets)).toEqual([]);
  });

  it('and all backends of a set get something', () => {
    const used = sets.map(({ name, hostnames }) => {
      const found = SIGNALS.flatMap((signal) => Object.keys(KEYS).flatMap((key) =>
        [...backends.arrivals(`upstream ${name}-${key}`, signal).values()].flat()));
      return [new Set(found).size, new Set(hostnames).size];
    });
    expect(used.filter(([some, all]) => some !== all)).toEqual([]);
  });
});
