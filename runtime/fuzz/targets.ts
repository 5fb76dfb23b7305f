/** Every decoder that is fuzzed. */
import type { FuzzTarget } from './campaign';
import { configurationTargets } from './targets/configuration';
import { http2Targets } from './targets/http2';
import { peerTargets } from './targets/peers';
import { requestTargets } from './targets/requests';
import { transportReady, transportTargets } from './targets/transport';

/** All targets, when all of them can be tried. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  await transportReady();
  return [
    ...requestTargets, ...transportTargets(), ...http2Targets, ...configurationTargets,
    ...peerTargets,
  ];
}
