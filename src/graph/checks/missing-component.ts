/** The image holds every component of the configuration. */
import type { Check } from './check';
import { pathText } from '../../config/problem';

const SECTIONS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

/** Components that the image does not hold. */
export const missingComponent: Check = ({ data, image }) =>
  SECTIONS.flatMap((section) => Object.keys(data[section] ?? {})
    .filter((id) => !image._holds(section, id.split('/')[0]))
    .map((id) => `${pathText([section, id])}: is not a component of ${image.distribution}`
      + ` (${image.image}).\n→ use an image that holds it, such as`
      + ' CollectorImage.contrib(\'0.159.0\').'));
