/** What a Kubernetes API server answers: pages of EndpointSlices, and events of a watch. */
import { EndpointSlices } from '../../routing/endpoint-slices';
import {
  readReason, readSliceEvent, readSlicePage,
} from '../../routing/slice-codec';
import { endpointSlice } from '../../testing/endpoint-slice-server';
import type { FuzzTarget } from '../campaign';
import { mustHold, valueOf } from './requests';

const NAMINGS = [
  { service: 's', namespace: 'n', ports: [4317], returnHostnames: false },
  { service: 's', namespace: 'n', ports: [], returnHostnames: true },
];
const FULL = {
  ...endpointSlice('a', 7, ['10.0.0.1', '10.0.0.2']),
  endpoints: [
    {
      addresses: ['fd00::1'],
      hostname: 'sampler-0',
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', name: 'sampler-0' },
    },
    { addresses: ['10.0.0.3'], hostname: null, conditions: { ready: null } },
  ],
};
const PAGE = {
  kind: 'EndpointSliceList',
  metadata: { resourceVersion: '12', continue: 'eyJ2IjoibWV0YSJ9', remainingItemCount: 2 },
  items: [
    FULL, endpointSlice('b', 8, ['10.0.0.4'], false), { metadata: { name: 'c' }, endpoints: null },
  ],
};
const EVENTS = [
  { type: 'ADDED', object: FULL },
  { type: 'DELETED', object: endpointSlice('b', 9, []) },
  { type: 'BOOKMARK', object: { metadata: { resourceVersion: '19', creationTimestamp: null } } },
  { type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old resource version' } },
];

function bytesOf(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** Whatever is taken makes backends that a sender could be made for. */
function check(slices: readonly Parameters<EndpointSlices['set']>[0][]): void {
  for (const naming of NAMINGS) {
    const known = new EndpointSlices(naming);
    known.replaceAll(slices);
    for (const backend of known.backends) {
      mustHold(/^\S+$/.test(backend), 'must name backends', JSON.stringify(backend));
    }
    for (const slice of slices) known.delete(slice);
    mustHold(known.backends.length === 0, 'must forget what is deleted', known.backends);
  }
}

function reads(input: Uint8Array): boolean {
  const text = Buffer.from(input).toString();
  mustHold(typeof readReason(text) === 'string', 'must find words in a refusal', text);
  const page = valueOf(() => readSlicePage(text));
  if (page !== undefined) check(page.slices);
  const event = valueOf(() => readSliceEvent(text));
  if (event !== undefined && event.type !== 'ERROR') check([event.slice]);
  return page !== undefined || event !== undefined;
}

/** Its targets. */
export const kubernetesTargets: readonly FuzzTarget[] = [
  { name: 'Kubernetes answers', seeds: [PAGE, ...EVENTS].map(bytesOf), weight: 2, decode: reads },
];
