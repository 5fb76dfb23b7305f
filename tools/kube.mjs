// What the constructs write, before a real control plane: `npm run test:kube`. Needs Go, which
// builds etcd, Kubernetes and promtool once (about ten minutes, kept in ~/.cache/kube-tools).
import { run } from './steps.mjs';

const tools = ['etcd', 'kube-apiserver', 'kubectl', 'kube-controller-manager', 'kube-scheduler',
  'kwok', 'kwok-stages.yaml', 'crds', 'promtool'];
const commands = [
  ['bash', 'test/kube/control-plane/build.sh', ...tools],
  ['jest', '--runInBand', '--testMatch', '<rootDir>/test/kube/*.kube.ts', '--verbose'],
];
for (const command of commands) {
  const { code } = await run(command, { inherit: true });
  if (code !== 0) process.exit(code);
}
