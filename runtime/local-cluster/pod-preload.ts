/** Runs in each pod's process before anything else: see pod-network.ts. */
import { installPodNetwork, POD_NETWORK_VARIABLE, type PodNetwork } from './pod-network';

const network = process.env[POD_NETWORK_VARIABLE];
if (network !== undefined) {
  installPodNetwork(JSON.parse(network) as PodNetwork);
  // A cluster that was killed cannot end its pods; that the channel closes is what they notice.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel?.unref();
}
