/** The image knows every setting of the configuration, and every component by its name. */
import type { Check } from './check';
import { misnamedTypes, unsupportedSettings } from '../../distribution/setting-changes';

/** Settings and names that upstream's collector of that version does not have. */
export const unsupportedSetting: Check = ({ data, image }) => {
  const { version } = image._traits;
  if (image.isRuntime || version === undefined) return [];
  return [...misnamedTypes(data, version), ...unsupportedSettings(data, version)]
    .map(({ sentence }) => sentence);
};
