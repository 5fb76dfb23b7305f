/** Samplers whose pods cannot ask each other split traces when their number changes. */
import type { Check } from './check';
import { hasPeers, tailSamplers } from './pipelines';

/** What is not promised of samplers that were to be one, and have an image or a key against it. */
export const splitByChanges: Check = ({ wantsPool, maxPods, data, image }) => {
  if (!wantsPool || maxPods === 1 || hasPeers(data) || tailSamplers(data).length === 0) return [];
  const [needed, got, wayOut] = image.isRuntime
    ? ['where their sampler names a pool', 'none in `peers`', 'leave `peers` out of `config`']
    : ['with the image of this package only', image.image, 'use CollectorImage.runtime()'];
  return [
    `tracePeers: pods are one sampler ${needed}, got ${got}: senders route by trace id, and traces`
    + ' that are open while the number of pods changes or a roll-out is under way may be split.'
    + `\n→ ${wayOut}, or give \`tracePeers\` false to be told no more.`,
  ];
};
