/** Takes everything and does nothing with it: the end of pipelines whose work is done before. */
import type { Exporter, ExporterContext } from '../../component';
import type { NopSettings } from '../../config';

/** The nop exporter of all pipelines that name it. */
export function createNopExporter(_settings: NopSettings, _context: ExporterContext): Exporter {
  return {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    consume: () => undefined,
  };
}
