/** Samplers whose pods cannot ask each other split traces when their number changes. */
import type { Check } from './check';
import { hasPeers, tailSamplers } from './pipelines';

/** What is not promised of samplers that were to be one sampler and have an image of upstream. */
export const splitByChanges: Check = ({ wantsPool, maxPods, data, image }) =>
  !wantsPool || maxPods === 1 || hasPeers(data) || tailSamplers(data).length === 0 ? [] : [
    'tracePeers: pods are one sampler with the image of this package only, got'
    + ` ${image.image}: senders route by trace id, and traces that are open while the number of`
    + ' pods changes or a roll-out is under way may be split.'
    + '\n→ use CollectorImage.runtime(), or give `tracePeers` false to be told no more.',
  ];
