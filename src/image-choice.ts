/** Which collector runs a tier for which none was named. */
import { CollectorImage } from './distribution/collector-image';
import type { TierConfig } from './tier-config';

const SECTIONS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

/** The image, and the configuration as it reads it. */
export interface ImageChoice {
  /** The image. */
  readonly image: CollectorImage;
  /** The configuration in its words. */
  readonly config: TierConfig;
}

/**
 * The image that was named; else the smallest that holds everything. Ours comes first; one of
 * upstream where a component or a setting is not in ours.
 */
export function chooseImage(
  named: CollectorImage | undefined, write: (image: CollectorImage) => TierConfig,
): ImageChoice {
  const candidates = named === undefined ? CollectorImage._bySize() : [named];
  const choices = candidates.map((image) => {
    let config: TierConfig | undefined;
    return { image, get config() { return config ??= write(image); } };
  });
  const { image, config } = choices.find(isWhole) ?? choices.at(-1)!;
  return { image, config };
}

function isWhole({ image, config }: ImageChoice): boolean {
  const isHeld = SECTIONS.every((section) => Object.keys(config.data[section] ?? {})
    .every((id) => image._holds(section, id.split('/')[0])));
  return isHeld && !config.problems.some(({ upstreamOnly }) => upstreamOnly === true);
}
