/**
 * How sampled traces leave a tier with a journal, which keeps them until somebody else has them.
 *
 * An exporter with a queue in memory says so as soon as it has queued them, and a process that is
 * killed then loses them. There, it says so when the backend does.
 */
import type { Yaml } from './config';
import { Place } from './features/part';
import { Signal } from './graph/signal';
import { valueAt } from './graph/tier-facts';
import { isQueuedInMemory, type UsedExporter } from './queue-gathering';

/** Exporters, and which of them gets which signal. */
export interface UsedExporters {
  /** Their settings by their ids. */
  readonly exporters: Yaml;
  /** Who gets what. */
  readonly used: readonly UsedExporter[];
}

/** Whether one of these samples with a journal. */
export function keepsJournal(
  processors: readonly { readonly place: Place; readonly config: Yaml }[],
): boolean {
  return processors.some(({ place, config }) =>
    place === Place.SAMPLE && valueAt(config, 'journal') !== undefined);
}

/**
 * Exporters of which those that get traces wait for the answer of whom they send to. What gets
 * other signals, too, gets them as before: traces have an exporter of their own there.
 */
export function awaitingTraces({ exporters, used }: UsedExporters): UsedExporters {
  const awaiting = new Map<string, string>();
  const all = { ...exporters };
  for (const [id, signal] of used) {
    const queue = valueAt(exporters, id, 'sending_queue');
    if (signal !== Signal.TRACES || !isQueuedInMemory(id, queue)) continue;
    const isShared = used.some(([other, sent]) => other === id && sent !== Signal.TRACES);
    const own = isShared ? freeId(id, all) : id;
    awaiting.set(id, own);
    all[own] = {
      ...valueAt(exporters, id) as object,
      sending_queue: { ...queue as object, wait_for_result: true },
    };
  }
  return {
    exporters: all,
    used: used.map(([id, signal]) =>
      [signal === Signal.TRACES ? awaiting.get(id) ?? id : id, signal] as const),
  };
}

function freeId(id: string, taken: Yaml): string {
  const named = id.includes('/') ? `${id}-sampled` : `${id}/sampled`;
  return named in taken ? freeId(named, taken) : named;
}
