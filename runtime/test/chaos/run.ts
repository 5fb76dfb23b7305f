/** Plays one scene, and says whether all is as it must be. */
import type { PoolShape } from './manifests';
import type { Outcome } from './outcome';
import type { Scene } from './scenes';
import { Stage } from './stage';
import { systemClock } from '../../clock';

/** How scenes are played. */
export interface PlayOptions {
  /** Seconds of load before, between and after what happens. */
  readonly loadS: number;
  /** Traces per second. */
  readonly rate: number;
  /** What chance begins with. */
  readonly seed: number;
  /** What pods are to be, where a scene does not say it. */
  readonly shape?: Partial<PoolShape>;
  /** Told what happens. */
  readonly say: (line: string) => void;
}

/** How a scene ended. */
export interface Played {
  /** The scene. */
  readonly scene: Scene;
  /** What became of what was sent. */
  readonly outcome: Outcome;
  /** Spans that went from one sampler to another. */
  readonly forwarded: number;
  /** How long it took. */
  readonly seconds: number;
  /** What is not as it must be, in words. */
  readonly problems: readonly string[];
  /** Where the logs are that tell more; '' when nothing needs explaining. */
  readonly logs: string;
}

const SHAPE: PoolShape = {
  samplers: 3,
  mostSamplers: 5,
  routing: 'by trace',
  isConstructed: false,
  isEncrypted: false,
  hasPeers: true,
  hasJournal: false,
  decisionWaitS: 10,
  spread: [0.1, 0.4],
  resolverDelayMs: 5000,
};

/** Plays `scene`. */
export async function play(scene: Scene, options: PlayOptions): Promise<Played> {
  const since = systemClock.monotonic();
  const seconds = (): number => (systemClock.monotonic() - since) / 1000;
  const stage = await Stage.open({
    ...options,
    mayBeLate: scene.mayBeLate === true,
    shape: { ...SHAPE, ...options.shape, ...scene.shape },
    say: (line) => options.say(`${seconds().toFixed(1).padStart(6)} s  ${line}`),
  });
  let problems: readonly string[] = ['it was not played to its end'];
  try {
    await stage.load();
    await scene.play(stage);
    await stage.load();
    const outcome = await stage.outcome();
    const shown = scene.shows === undefined ? 1 : stage.sum('sampler', scene.shows);
    problems = problemsOf(scene, outcome, shown);
    return {
      scene,
      outcome,
      forwarded: stage.sum('sampler', 'otelgw_peers_forwarded_spans'),
      seconds: seconds(),
      problems,
      logs: problems.length === 0 ? '' : stage.logs,
    };
  } finally {
    await stage.close(problems.length > 0);
  }
}

function problemsOf(scene: Scene, outcome: Outcome, shown: number): string[] {
  const { kept, traces, lost, duplicated, split, otherwise, refused } = outcome;
  const problems: string[] = [];
  const must = (holds: boolean, what: string, count: number): void => {
    if (!holds) problems.push(`${what}, got ${count}`);
  };
  must(traces > 0, 'traces must be sent', traces);
  must(kept > 0, 'spans must be kept', kept);
  must(refused === 0, 'no span may be refused', refused);
  must(shown > 0, `${scene.shows} must have counted something`, shown);
  if (scene.mustSplit === true) {
    must(split > 0, 'traces must be split', split);
    return problems;
  }
  must(lost === 0, 'no span may be lost', lost);
  must(split === 0, 'no trace may be split', split);
  must(otherwise === 0, 'no trace may be decided otherwise', otherwise);
  must(duplicated === 0 || scene.mayRepeat === true, 'no span may come twice', duplicated);
  return [...problems, ...problems.length > 0 ? outcome.examples : []];
}
