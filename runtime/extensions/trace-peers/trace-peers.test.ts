import { crc32 } from 'zlib';
import { DnsWatch, type NameWatch } from './dns-watch';
import { K8sWatch } from './k8s-watch';
import { hostOf, joined, ownAddress } from './own-address';
import { peerService } from './peer-service';
import { createPeersWatch } from './peers-watch';
import { QuietLogger } from './quiet-logger';
import { createTracePeersExtension, type TracePeersExtension } from './trace-peers';
import { makeUpstreamRing } from './upstream-ring';
import { tracePeersExtension, type TracePeersSettings } from '../../config';
import { PeerLog } from '../../net/peer-log';
import type { Status } from '../../net/status';
import type { PeersView } from '../../peers/peers-view';
import { tracePool } from '../../peers/trace-pool';
import { buildRing, endpointOf, RING_GENERATIONS } from '../../routing/hash-ring';
import type { SliceSource } from '../../routing/kube-api';
import type { SliceEvent } from '../../routing/slice-codec';
import { componentContext } from '../../testing/component-context';
import { componentSuite } from '../../testing/component-suite';
import { settle } from '../../testing/fake-clock';

const STATIC = { static: { hostnames: ['127.0.0.1:4317'] } };

function settingsOf(yaml: object): TracePeersSettings {
  const { settings, problems } = tracePeersExtension.read({ resolver: STATIC, ...yaml });
  if (settings === undefined) throw new Error(JSON.stringify(problems));
  return settings;
}

function make(yaml: object = {}) {
  const context = componentContext('trace_peers');
  const settings = settingsOf({ address: '127.0.0.1', endpoint: '127.0.0.1:0', ...yaml });
  return { component: createTracePeersExtension(settings, context), clock: context.clock, context };
}

componentSuite('trace_peers', { kind: 'extension', make: () => make() });

const HOLDER = {
  stateOf: () => 0,
  hasRoom: () => true,
  take: () => undefined,
  hold: () => undefined,
  learn: () => undefined,
  follow: () => undefined,
  isIdle: true,
};

async function started(yaml: object = {}) {
  const made = make(yaml);
  await made.component.start();
  return made;
}

describe('trace_peers', () => {
  it('joins at once where it is alone, and says so', async () => {
    const { component, context } = await started();
    component.attach(HOLDER, 30_000);
    await component.join?.();
    expect(context.log.lines.map(({ message }) => message)).toContain('Joined the pool.');
    expect(context.metrics.value('otelgw_peers_joined', { extension: 'trace_peers' })).toBe(1);
    await component.stop();
    expect(context.clock.waiting).toBe(0);
  });

  it('warns when no sampler names it, and keeps nobody from being ready', async () => {
    const { component, context } = await started();
    await component.join?.();
    await component.leave?.();
    expect(context.log.lines.map(({ message }) => message))
      .toContain('No tail sampler names this extension, so that it does nothing.');
    expect(component.leaveMs).toBe(0);
    await component.stop();
  });

  it('is the pool of one sampler', async () => {
    const { component } = await started();
    component.attach(HOLDER, 30_000);
    expect(() => component.attach(HOLDER, 30_000)).toThrow(
      'extensions.trace_peers: must be named by one tail sampler, got two');
    await component.stop();
  });

  it.each([
    ['the time that a decision, two resolvers and ten seconds take', {}, 60_000],
    ['the time that it is told', { leave_timeout: '7s' }, 7000],
    ['no time where nobody sees it leave', { resolver: STATIC }, 0],
  ])('may leave in %s', async (_, yaml, ms) => {
    const { component } = await started({
      resolver: { dns: { hostname: '127.0.0.1', port: '4317' } }, ...yaml,
    });
    component.attach(HOLDER, 30_000);
    expect(component.leaveMs).toBe(ms);
    await component.stop();
  });

  it('does not start where nobody says what its address is', async () => {
    const { component } = make({ address: '' });
    await expect(component.start()).rejects.toThrow(
      'extensions.trace_peers.address: must be that of this pod, or the variable POD_IP must hold');
    await component.stop();
  });

  it('is found by the sampler that names it', async () => {
    const { component } = make();
    const find = (found?: object) => tracePool('trace_peers', {
      ...componentContext('tail_sampling'), extension: () => found as TracePeersExtension,
    });
    expect(find(component)).toBe(component);
    expect(() => find()).toThrow('processors.tail_sampling.peers: must name an extension');
    expect(() => find({})).toThrow('must name a trace_peers, got "trace_peers"');
  });
});

const ADDRESSES: readonly (readonly [string, object, string])[] = [
  ['10.0.0.1', { k8s: { service: 'a', ports: [4317] } }, '10.0.0.1:4317'],
  ['10.0.0.1', { k8s: { service: 'a' } }, '10.0.0.1'],
  ['fd00::1', { k8s: { service: 'a', ports: [4317] } }, '[fd00::1]:4317'],
  ['fd00::1', { k8s: { service: 'a' } }, 'fd00::1'],
  ['sampler-0.a.b', { k8s: { service: 'a', ports: [1], return_hostnames: true } },
    'sampler-0.a.b:1'],
  ['10.0.0.1', { dns: { hostname: 'a', port: '4317' } }, '10.0.0.1:4317'],
  ['fd00::1', { dns: { hostname: 'a' } }, '[fd00::1]'],
  ['10.0.0.1', { static: { hostnames: ['10.0.0.2:1', '10.0.0.1:2'] } }, '10.0.0.1:2'],
  ['10.0.0.1:9', { dns: { hostname: 'a', port: '4317' } }, '10.0.0.1:9'],
  ['[fd00::1]:9', { dns: { hostname: 'a', port: '4317' } }, '[fd00::1]:9'],
  ['[fd00::1]', { dns: { hostname: 'a', port: '4317' } }, '[fd00::1]:4317'],
  ['FD00:0:0::01', { k8s: { service: 'a', ports: [4317] } }, '[fd00::1]:4317'],
];

test.each(ADDRESSES)('this pod, %s, is spelled as %j finds it: %s', (given, resolver, is) => {
  expect(ownAddress(settingsOf({ address: given, resolver }), {})).toBe(is);
  expect(ownAddress(settingsOf({ resolver }), { POD_IP: given })).toBe(is);
});

test.each([
  ['10.0.0.1:4317', '10.0.0.1'], ['10.0.0.1', '10.0.0.1'], ['[fd00::1]:4317', 'fd00::1'],
  ['[fd00::1]', 'fd00::1'], ['fd00::1', 'fd00::1'], ['a.b:1', 'a.b'], ['a.b', 'a.b'],
])('the host of %s is %s, and a port is put behind it', (address, host) => {
  expect(hostOf(address)).toBe(host);
  expect(hostOf(joined(host, 4319))).toBe(host);
});

test.each([1, 2, 3])('traces belong to whom ring %i of load_balancing says', (number) => {
  const members = ['endpoint-1:4317', 'endpoint-2:4317', 'endpoint-3:4317'];
  const ring = makeUpstreamRing(members, RING_GENERATIONS[number]);
  const theirs = buildRing(members, RING_GENERATIONS[number]);
  const owners = new Set<string>();
  for (let i = 0; i < 60; i++) {
    const words = [i, -i, 0x7fff_ffff - i, 7 * i];
    const id = Buffer.alloc(16);
    words.forEach((word, at) => id.writeInt32LE(word, 4 * at));
    const [w0, w1, w2, w3] = words;
    expect(ring.ownerOf(w0, w1, w2, w3)).toBe(endpointOf(theirs, crc32(id)));
    owners.add(ring.ownerOf(w0, w1, w2, w3));
  }
  expect([...owners].sort()).toEqual(members);
  expect(makeUpstreamRing([]).ownerOf(1, 2, 3, 4)).toBe('');
});

interface Played extends NameWatch {
  listener?: (addresses: readonly string[]) => void;
  foundNone?: () => void;
}

function played(first: readonly string[]): Played {
  const watch: Played = {
    start: async (listener) => {
      watch.listener = listener;
      if (first.length > 0) listener(first);
    },
    stop: async () => undefined,
  };
  return watch;
}

describe('names', () => {
  const options = { allPodsHostname: 'all', lastsMs: 10_000 };
  const dns = { hostname: 'ready', port: '', interval: 5000, timeout: 1000 };

  async function watching(ready: readonly string[], all: readonly string[], names = options) {
    const context = componentContext('trace_peers');
    const watches = { ready: played(ready), all: played(all) };
    const views: PeersView[] = [];
    const watch = new DnsWatch(dns, names, context, (hostname, foundNone) =>
      Object.assign(watches[hostname as 'ready' | 'all'], { foundNone }));
    await watch.start((view) => views.push(view));
    return { context, views, watch, watches };
  }

  it('tell a pod as gone when no answer has held it for a while', async () => {
    const { context, views, watch, watches } = await watching(['a', 'b'], ['a', 'b', 'c']);
    watches.all.listener?.(['a', 'b']);
    expect(views.at(-1)).toEqual({ ready: ['a', 'b'], all: ['a', 'b', 'c', 'a', 'b'] });
    await context.clock.advance(10_000);
    expect(views.at(-1)).toEqual({ ready: ['a', 'b'], all: ['a', 'b', 'a', 'b'] });
    await watch.stop();
    expect(context.clock.waiting).toBe(0);
  });

  it('do not miss a pod that the next answer has again', async () => {
    const { context, views, watch, watches } = await watching(['a'], ['a', 'c']);
    watches.all.listener?.(['a']);
    await context.clock.advance(5000);
    watches.all.listener?.(['a', 'c']);
    await context.clock.advance(60_000);
    expect(views.every(({ all }) => all?.includes('c'))).toBe(true);
    await watch.stop();
  });

  it('tell nothing before all pods are found, for this one must be among them', async () => {
    const { views, watch, watches } = await watching(['a'], []);
    expect(views).toEqual([]);
    watches.all.listener?.(['a', 'b']);
    expect(views).toEqual([{ ready: ['a'], all: ['a', 'b', 'a'] }]);
    await watch.stop();
  });

  it('of ready pods alone do not tell who exists', async () => {
    const { views, watch } = await watching(['a'], [], { allPodsHostname: '', lastsMs: 1 });
    expect(views).toEqual([{ ready: ['a'] }]);
    await watch.stop();
  });

  it.each([
    ['that there are none', (watches: { ready: Played }) => watches.ready.foundNone?.(), []],
    ['some', (watches: { ready: Played }) => watches.ready.listener?.(['a']), ['a']],
  ])('while no name server answers make no pod the only one, until it says %s', async (...row) => {
    const [, say, is] = row;
    const alone = { allPodsHostname: '', lastsMs: 10_000 };
    const { context, views, watch, watches } = await watching([], [], alone);
    await context.clock.advance(9_999);
    expect(views).toEqual([]);
    say(watches);
    expect(views).toEqual([{ ready: is }]);
    await context.clock.advance(60_000);
    expect(views).toHaveLength(1);
    await watch.stop();
  });

  it('that nobody answers for are nobody\'s after the delay of resolvers', async () => {
    const alone = { allPodsHostname: '', lastsMs: 10_000 };
    const { context, views, watch } = await watching([], [], alone);
    await context.clock.advance(10_000);
    expect(views).toEqual([{ ready: [] }]);
    await watch.stop();
    expect(context.clock.waiting).toBe(0);
  });
});

test('one pod with addresses of both families is one pod', async () => {
  const context = componentContext('trace_peers');
  const settings = settingsOf({ resolver: { dns: { hostname: '127.0.0.1' } } });
  for (const [own, ready] of [['[::1]', []], ['127.0.0.2', ['127.0.0.1']]] as const) {
    const views: PeersView[] = [];
    const watch = createPeersWatch(settings, own, context);
    await watch.start((view) => views.push(view));
    await watch.stop();
    expect(views).toEqual([{ ready }]);
  }
});

describe('this pod', () => {
  const settings = settingsOf({ resolver: { k8s: { service: 'a.b', ports: [4317] } } });
  const NAMED = { metadata: { name: 's' } };
  const endpoints = (...addresses: string[]) => addresses.map((one) => ({ addresses: [one] }));

  async function watching(...first: string[]) {
    const context = componentContext('trace_peers');
    let tell: (event: SliceEvent) => void = () => undefined;
    let end: () => void = () => undefined;
    const source: SliceSource = {
      ownNamespace: async () => 'b',
      list: async () => ({ slices: [{ ...NAMED, endpoints: endpoints(...first) }], version: '1' }),
      watch: (_service, _version, told) => {
        tell = told;
        return new Promise((resolve) => { end = resolve; });
      },
      close: () => end(),
    };
    const views: PeersView[] = [];
    const watch = createPeersWatch(settings, '10.0.0.1:4317', context, () => source);
    await watch.start((view) => views.push(view));
    await settle();
    return { ...context, views, watch, tell: (event: SliceEvent) => tell(event) };
  }

  it('is there, so that an answer without it takes nobody else for gone', async () => {
    const { tell, views, watch } = await watching('10.0.0.1', '10.0.0.2');
    const all = ['10.0.0.1:4317', '10.0.0.2:4317'];
    tell({ type: 'DELETED', slice: NAMED });
    expect(views.at(-1)).toEqual({ ready: [], all });
    tell({ type: 'ADDED', slice: { ...NAMED, endpoints: endpoints('10.0.0.3') } });
    expect(views.at(-1)).toEqual({ ready: ['10.0.0.3:4317'], all: [...all, '10.0.0.3:4317'] });
    tell({ type: 'MODIFIED', slice: { ...NAMED, endpoints: endpoints('10.0.0.1') } });
    expect(views.at(-1)).toEqual({ ready: ['10.0.0.1:4317'], all: ['10.0.0.1:4317'] });
    await watch.stop();
  });

  it.each([
    ['there is nobody', [], 1],
    ['all have addresses of the other family', ['fd00::1'], 1],
    ['others are', ['10.0.0.2'], 1],
    ['it is', ['10.0.0.1', '10.0.0.2'], 0],
  ])('that is not named is told of after the delay of resolvers: %s', async (_, found, warns) => {
    const { clock, log, watch } = await watching(...found);
    await clock.advance(9_999);
    expect(log.messages('warn')).toEqual([]);
    await clock.advance(1);
    expect(log.messages('warn')).toHaveLength(warns);
    await watch.stop();
    expect(clock.waiting).toBe(0);
  });
});

describe('slices', () => {
  const settings = {
    service: 'sampler.tracing', ports: [4317], timeout: 0, returnHostnames: false,
  };
  const slice = (endpoints: readonly (readonly [string, object])[]) => ({
    metadata: { name: 's' },
    endpoints: endpoints.map(([address, conditions]) => ({ addresses: [address], conditions })),
  });
  const CONDITIONS: readonly (readonly [string, object, boolean])[] = [
    ['that is ready', { ready: true, serving: true, terminating: false }, true],
    ['that says nothing of itself', {}, true],
    ['that starts', { ready: false, serving: false, terminating: false }, false],
    ['that leaves and still works', { ready: false, serving: true, terminating: true }, false],
    ['that leaves, where all are called ready', { ready: true, serving: true, terminating: true },
      false],
    ['that starts, where all are called ready', { ready: true, serving: false }, false],
  ];

  async function watching(first: object) {
    const context = componentContext('trace_peers');
    let tell: (event: SliceEvent) => void = () => undefined;
    let end: () => void = () => undefined;
    const source: SliceSource = {
      ownNamespace: async () => 'tracing',
      list: async () => ({ slices: [first as never], version: '1' }),
      watch: (_service, _version, told) => {
        tell = told;
        return new Promise((resolve) => { end = resolve; });
      },
      close: () => end(),
    };
    const views: PeersView[] = [];
    const watch = new K8sWatch(settings, context, () => source);
    await watch.start((view) => views.push(view));
    await settle();
    return { views, watch, tell: (event: object) => tell(event as SliceEvent) };
  }

  it.each(CONDITIONS)('tell of a pod %s', async (_, conditions, isReady) => {
    const { views, watch } = await watching(slice([['10.0.0.1', conditions]]));
    await watch.stop();
    expect(views).toEqual([
      { ready: isReady ? ['10.0.0.1:4317'] : [], all: ['10.0.0.1:4317'] },
    ]);
  });

  it('tell what changes, until the watch ends', async () => {
    const { views, watch, tell } = await watching(slice([]));
    tell({ type: 'MODIFIED', slice: slice([['10.0.0.1', { ready: false }]]) });
    tell({ type: 'BOOKMARK', slice: slice([]) });
    tell({ type: 'DELETED', slice: slice([]) });
    await watch.stop();
    tell({ type: 'MODIFIED', slice: slice([['10.0.0.1', { ready: false }]]) });
    expect(views).toEqual([
      { ready: [], all: [] }, { ready: [], all: ['10.0.0.1:4317'] }, { ready: [], all: [] },
    ]);
  });
});

test('messages are answered as UNAVAILABLE before the pool has begun, else refused', () => {
  const context = componentContext('trace_peers');
  let broken = 0;
  const answers: Status[] = [];
  const log = new PeerLog(context);
  const give = (hasPool: boolean): void => {
    const taker = { receive: () => { throw new Error('must not be asked'); } };
    const say = peerService(() => hasPool ? taker : undefined, log, () => { broken += 1; });
    say(new Uint8Array([0xff, 0xff, 1]), 0, 3, 'proto', (status) => answers.push(status));
  };
  give(false);
  give(true);
  give(true);
  expect(answers.map(({ code }) => code)).toEqual([14, 3, 3]);
  expect([broken, context.log.lines.length]).toEqual([2, 1]);
});

test('what is wrong with a peer is said once a minute for each reason', async () => {
  const context = componentContext('trace_peers');
  const log = new QuietLogger(context.log, context.clock);
  for (const reason of ['a', 'a', 'b']) log.warn('A peer is refused.', { peer: 'p', reason });
  expect(context.log.lines).toHaveLength(2);
  await context.clock.advance(60_000);
  log.warn('A peer is refused.', { peer: 'p', reason: 'a' });
  expect(context.log.lines).toHaveLength(3);
});
