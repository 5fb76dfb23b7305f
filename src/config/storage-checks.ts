/**
 * Checks that queues which are kept over a restart name an extension that keeps them.
 */
import { holdsReference, valueAt } from './environment-references';
import { checkReference, type Wiring } from './pipeline-reading';
import { problem, type Path } from './problem';

/** Where exporters name the storage of a queue. */
const PLACES: readonly Path[] = [
  ['sending_queue', 'storage'], ['protocol', 'otlp', 'sending_queue', 'storage'],
];
const STORAGE = 'file_storage';

/** Checks all exporters of `data` whose queue has a storage. */
export function checkStorages(data: unknown, wiring: Wiring): void {
  for (const id of wiring.components.exporters.keys()) {
    for (const place of PLACES) {
      const at = ['exporters', id, ...place];
      const named = valueAt(data, at);
      const isOff = valueAt(data, [...at.slice(0, -1), 'enabled']) === false;
      if (typeof named === 'string' && !isOff) checkStorage(named, at, wiring);
    }
  }
}

function checkStorage(named: string, at: Path, wiring: Wiring): void {
  checkReference(named, 'extensions', at, wiring);
  const extension = wiring.components.extensions.get(named);
  // What only upstream has may be a storage, too.
  const isOther = extension?.contract !== undefined && extension.contract.type !== STORAGE;
  if (holdsReference(named) || !isOther) return;
  const able = [...wiring.components.extensions]
    .filter(([, { contract }]) => contract?.type === STORAGE).map(([id]) => id);
  wiring.problems.push(problem(at, `names ${named}, which keeps no requests`,
    `name ${able.length > 0 ? able.join(' or ') : `a ${STORAGE}`}`));
}
