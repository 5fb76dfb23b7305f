/** Every decoder that is fuzzed. */
import type { FuzzTarget } from './campaign';
import { configurationTargets } from './targets/configuration';
import { http2Targets } from './targets/http2';
import { http2ClientTargets } from './targets/http2-client';
import { journalTargets } from './targets/journal';
import { kubernetesTargets } from './targets/kubernetes';
import { peerTargets } from './targets/peers';
import { requestTargets } from './targets/requests';
import { samplerTargets } from './targets/samplers';
import { transportReady, transportTargets } from './targets/transport';

/** All targets, when all of them can be tried. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  await transportReady();
  return [
    ...requestTargets, ...samplerTargets, ...transportTargets(), ...http2Targets,
    ...http2ClientTargets, ...configurationTargets, ...kubernetesTargets, ...peerTargets,
    ...journalTargets,
  ];
}
