/** What happens to a pool in one run, all of it from the seed. */
import { Chance } from './world';

/** Something that happens to the pool. `share` picks the pod. */
export interface StoryEvent {
  /** When, in milliseconds from the beginning. */
  readonly at: number;
  /** What. */
  readonly kind:
    | 'start' | 'leave' | 'kill' | 'unready' | 'ready' | 'roll' | 'rush' | 'pause' | 'split'
    | 'full' | 'reborn' | 'respawn';
  /** A number from 0 to below 1. */
  readonly share: number;
  /** How long it lasts or how far apart its parts are, in milliseconds. */
  readonly ms: number;
}

/** One sender of spans. */
export interface StorySender {
  /** Whether it sends each trace to the pod that its ring names; else to all in turns. */
  readonly routes: boolean;
  /** Longest time until it hears of a change, in milliseconds. */
  readonly viewDelayMs: number;
}

/** One trace. */
export interface StoryTrace {
  /** Its number. */
  readonly trace: number;
  /** When each of its spans is sent, and by which sender. */
  readonly spans: readonly { readonly at: number; readonly sender: number }[];
}

/** A run. */
export interface Story {
  /** Number of pods at the beginning. */
  readonly pods: number;
  /** The senders. */
  readonly senders: readonly StorySender[];
  /** What happens, in no order. */
  readonly events: readonly StoryEvent[];
  /** What is sent. */
  readonly traces: readonly StoryTrace[];
  /** When the last thing has happened or was sent. */
  readonly endsAt: number;
}

/** How long pods of a simulation hold traces. */
export const DECISION_WAIT_MS = 10_000;
const SENDER_DELAYS = [2_000, 10_000, 30_000];

const PLOTS = ['out', 'in', 'roll', 'rush', 'flap', 'churn', 'reborn'] as const;
const CRASH_PLOTS = [...PLOTS, 'crash', 'crash', 'crash', 'respawn'] as const;

/** Makes the story of a seed. */
export function storyOf(seed: number, hasCrashes: boolean): Story {
  const chance = new Chance(seed);
  const pods = chance.whole(3, 8);
  const senders = Array.from({ length: chance.whole(2, 4) }, () =>
    ({ routes: chance.isTrue(0.6), viewDelayMs: chance.of(SENDER_DELAYS) }));
  const events: StoryEvent[] = [];
  let at = chance.whole(12_000, 25_000);
  for (let plots = chance.whole(1, 3); plots > 0; plots -= 1) {
    events.push(...plotOf(chance.of(hasCrashes ? CRASH_PLOTS : PLOTS), at, chance));
    at += chance.isTrue(0.5) ? chance.whole(500, 8_000) : chance.whole(8_000, 30_000);
  }
  const changes = events.map((event) => event.at);
  events.push(...troubles(Math.max(...changes), chance));
  const traces = Array.from({ length: chance.whole(50, 90) }, (_, trace) =>
    traceOf(trace, chance.of(changes), senders.length, chance));
  const sent = traces.flatMap(({ spans }) => spans.map((span) => span.at));
  return { pods, senders, events, traces, endsAt: Math.max(...changes, ...sent) };
}

function plotOf(plot: typeof CRASH_PLOTS[number], at: number, chance: Chance): StoryEvent[] {
  const event = (kind: StoryEvent['kind'], when: number, ms = 0): StoryEvent =>
    ({ kind, at: when, share: chance.share(), ms });
  const times = (count: number): number[] =>
    Array.from({ length: count }, () => at + chance.whole(0, 3_000));
  switch (plot) {
    case 'out': return times(chance.whole(1, 3)).map((when) => event('start', when));
    case 'in': return times(chance.whole(1, 2)).map((when) => event('leave', when));
    case 'roll': return [event('roll', at)];
    case 'rush': return [event('rush', at, chance.whole(500, 6_000))];
    case 'crash': return [event('kill', at)];
    case 'reborn': return [event('reborn', at, chance.whole(200, 4_000))];
    case 'respawn': return [event('respawn', at, chance.whole(200, 8_000))];
    case 'flap': return flap(at, chance);
    case 'churn': {
      let when = at;
      return Array.from({ length: chance.whole(2, 4) }, () => {
        when += chance.whole(200, 5_000);
        return event(chance.isTrue(0.5) ? 'start' : 'leave', when);
      });
    }
  }
}

/** One pod is not ready, and ready, and not ready again. */
function flap(at: number, chance: Chance): StoryEvent[] {
  const share = chance.share();
  const events: StoryEvent[] = [];
  let when = at;
  for (let times = chance.whole(1, 3); times > 0; times -= 1) {
    events.push({ kind: 'unready', at: when, share, ms: 0 });
    when += chance.whole(300, 9_000);
    events.push({ kind: 'ready', at: when, share, ms: 0 });
    when += chance.whole(300, 9_000);
  }
  return events;
}

/** Pods that stop for a while, pods that do not reach each other, pods without memory. */
function troubles(lastChange: number, chance: Chance): StoryEvent[] {
  const some = (kind: StoryEvent['kind'], most: number, longest: number): StoryEvent[] =>
    Array.from({ length: chance.whole(0, most) }, () => ({
      kind,
      at: chance.whole(10_000, lastChange + 25_000),
      share: chance.share(),
      ms: chance.whole(500, longest),
    }));
  return [...some('pause', 4, 5_000), ...some('split', 1, 6_000), ...some('full', 1, 3_000)];
}

function traceOf(trace: number, change: number, senders: number, chance: Chance): StoryTrace {
  const begin = Math.max(1_000, change + chance.whole(-12_000, 22_000));
  const sender = (): number => chance.whole(0, senders - 1);
  const spans = [{ at: begin, sender: sender() }];
  for (let more = chance.whole(0, 19); more > 0; more -= 1) {
    spans.push({ at: begin + chance.whole(0, 0.8 * DECISION_WAIT_MS), sender: sender() });
  }
  for (let late = chance.isTrue(0.5) ? chance.whole(1, 3) : 0; late > 0; late -= 1) {
    const after = chance.whole(DECISION_WAIT_MS, 3 * DECISION_WAIT_MS);
    spans.push({ at: begin + after, sender: sender() });
  }
  return { trace, spans };
}
