/** What is done to a pool, and what must be seen of it: one row for each scene. */
import { BACKEND, type PoolShape } from './manifests';
import type { Stage } from './stage';

/** One thing that happens to a pool. */
export interface Scene {
  /** What it is called, and how it is chosen. */
  readonly name: string;
  /** What happens. */
  readonly what: string;
  /** What pods are to be, where that is not as always. */
  readonly shape?: Partial<PoolShape>;
  /** Metric of samplers that must have counted something: without it, nothing was shown. */
  readonly shows?: string;
  /** Whether spans may come twice, because somebody could not know that they had come. */
  readonly mayRepeat?: boolean;
  /** Whether agents may keep spans so long that their trace is decided without them. */
  readonly mayBeLate?: boolean;
  /** Whether traces must be split: a scene that shows that splits are seen. */
  readonly mustSplit?: boolean;
  /** Lets it happen. */
  readonly play: (stage: Stage) => Promise<void>;
}

const CLAIMED = 'otelgw_peers_claimed_traces';
const FORWARDED = 'otelgw_peers_forwarded_spans';
/** After a change, until whoever holds a trace is its owner again. */
const SETTLE_S = 6;
const STORM_S = 60;
/** Most time between two happenings, on top of a second. */
const CALM_S = 5;
/** A pod that ends gives up what the backend does not take for 10 s: it is away once in so long. */
const BACKEND_REST_S = 15;

async function scale(stage: Stage): Promise<void> {
  stage.do(`scale sampler ${stage.shape.mostSamplers}`);
  await stage.settled();
  await stage.load();
  stage.do(`scale sampler ${stage.shape.samplers}`);
  await stage.settled();
}

async function scaleAndRestart(stage: Stage): Promise<void> {
  await scale(stage);
  await stage.load();
  await restart(stage, 'sampler');
}

async function restart(stage: Stage, workload: string): Promise<void> {
  stage.do(`restart ${workload}`);
  await stage.settled();
}

/** One thing after the other, and many at once: what, when and to whom is left to chance. */
async function storm(stage: Stage): Promise<void> {
  const { shape: { samplers, mostSamplers } } = stage;
  const oneOf = <T>(list: readonly T[]): T => list[Math.floor(stage.random() * list.length)];
  const numbers = Array.from({ length: mostSamplers - samplers + 2 }, (_, more) =>
    samplers - 1 + more);
  const anyPod = (): string => oneOf([...stage.ready('sampler'), ...stage.ready('agent')]);
  const happenings = [
    () => `scale sampler ${oneOf(numbers)}`,
    () => `delete pod ${anyPod()}`,
    () => `pause pod ${anyPod()} 2s`,
    () => `close backend ${BACKEND} 3s`,
  ];
  let closedAt = Infinity;
  for (let left = STORM_S; left > 0;) {
    const happening = oneOf(happenings)();
    const closesBackend = happening.startsWith('close');
    const isRight = stage.ready('sampler').length > 1
      && (!closesBackend || closedAt - left >= BACKEND_REST_S);
    if (isRight) stage.do(happening);
    if (isRight && closesBackend) closedAt = left;
    const calmS = 1 + stage.random() * CALM_S;
    await stage.load(calmS);
    left -= calmS;
  }
  stage.do(`scale sampler ${samplers}`);
  await stage.settled();
}

async function killEach(stage: Stage): Promise<void> {
  for (let number = 0; number < stage.shape.samplers; number += 1) {
    await stage.load(stage.shape.decisionWaitS + SETTLE_S);
    await stage.kill(`sampler-${number}`);
    await stage.settled();
  }
}

/** All scenes, in the order in which they are played. */
export const SCENES: readonly Scene[] = [
  {
    name: 'scale',
    what: 'samplers 3 → 5 → 3',
    shows: CLAIMED,
    play: scale,
  },
  {
    name: 'restart-samplers',
    what: 'a rolling restart of all samplers',
    shows: CLAIMED,
    play: (stage) => restart(stage, 'sampler'),
  },
  {
    name: 'restart-agents',
    what: 'a rolling restart of all agents',
    play: (stage) => restart(stage, 'agent'),
  },
  {
    name: 'round-robin',
    what: 'agents that send to samplers in turn, and samplers 3 → 5 → 3',
    shape: { routing: 'round robin' },
    shows: FORWARDED,
    play: scale,
  },
  {
    name: 'stale',
    what: 'samplers 3 → 5, of which agents hear 30 s later',
    shape: { routing: 'by trace, found by DNS' },
    shows: FORWARDED,
    play: async (stage) => {
      stage.do('freeze dns 30s');
      stage.do(`scale sampler ${stage.shape.mostSamplers}`);
      await stage.load(30);
      await stage.settled();
    },
  },
  {
    name: 'stale-gone',
    what: 'samplers 3 → 2, and another one at another address, of which agents hear 30 s later',
    shape: { routing: 'by trace, found by DNS' },
    mayRepeat: true,
    mayBeLate: true,
    play: async (stage) => {
      stage.do('freeze dns 30s');
      stage.do(`scale sampler ${stage.shape.samplers - 1}`);
      stage.do('delete pod sampler-0');
      await stage.load(30);
      await stage.settled();
    },
  },
  {
    name: 'late',
    what: 'spans that come after their trace was decided, and samplers 3 → 5 → 3',
    shape: { spread: [1.2, 3] },
    mayBeLate: true,
    shows: 'otelgw_peers_handed_over_verdicts',
    play: scale,
  },
  {
    name: 'pause',
    what: 'a sampler stands still for 5 s',
    mayRepeat: true,
    play: async (stage) => {
      stage.do('pause pod sampler-1 5s');
      await stage.load(5);
      await stage.settled();
    },
  },
  {
    name: 'kill',
    what: 'each sampler is killed, without a journal',
    mayRepeat: true,
    play: killEach,
  },
  {
    name: 'kill-journal',
    what: 'each sampler is killed, with a journal',
    shape: { hasJournal: true },
    mayRepeat: true,
    play: killEach,
  },
  {
    name: 'backend-down',
    what: 'the backend is away for 60 s',
    mayRepeat: true,
    play: async (stage) => {
      stage.do(`close backend ${BACKEND} 60s`);
      await stage.load(60);
    },
  },
  {
    name: 'storm',
    what: 'scaling, deleted and paused pods, a backend that comes and goes, as chance has it',
    mayRepeat: true,
    play: storm,
  },
  {
    name: 'constructs',
    what: 'the manifests of the constructs: samplers 3 → 5 → 3, and a rolling restart of all',
    shape: { isConstructed: true },
    shows: CLAIMED,
    play: scaleAndRestart,
  },
  {
    name: 'constructs-tls',
    what: 'the same with mutual TLS, with certificates as cert-manager is asked for them',
    shape: { isConstructed: true, isEncrypted: true },
    shows: CLAIMED,
    play: scaleAndRestart,
  },
  {
    name: 'constructs-dns',
    what: 'the same where agents and samplers find samplers by DNS',
    shape: { isConstructed: true, routing: 'by trace, found by DNS' },
    shows: CLAIMED,
    play: scaleAndRestart,
  },
  {
    name: 'constructs-stale',
    what: 'by DNS, samplers 3 → 5 and 5 → 3, of which all hear 30 s later',
    shape: { isConstructed: true, routing: 'by trace, found by DNS' },
    shows: CLAIMED,
    play: async (stage) => {
      for (const samplers of [stage.shape.mostSamplers, stage.shape.samplers]) {
        stage.do('freeze dns 30s');
        stage.do(`scale sampler ${samplers}`);
        await stage.load(30);
        await stage.settled();
        await stage.load();
      }
    },
  },
  {
    name: 'constructs-kill',
    what: 'the manifests of the constructs, with a journal: each sampler is killed',
    shape: { isConstructed: true, hasJournal: true },
    mayRepeat: true,
    play: killEach,
  },
  {
    name: 'scale-alone',
    what: 'samplers 3 → 5 → 3 without trace_peers: traces must be split',
    shape: { hasPeers: false },
    mustSplit: true,
    play: scale,
  },
];

/**
 * The scene called `name`.
 *
 * @throws Error that lists the names that there are.
 */
export function sceneNamed(name: string): Scene {
  const found = SCENES.find((scene) => scene.name === name);
  if (found !== undefined) return found;
  const names = SCENES.map((scene) => scene.name).join(', ');
  throw new Error(`CHAOS_SCENES: must be among ${names}, got "${name}"`);
}
