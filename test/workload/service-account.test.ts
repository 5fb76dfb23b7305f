import {
  AgentDaemonSet, Backend, GatewayDeployment, SamplingPolicy, ServiceAccount, TailSamplingGateway,
  WorkloadIdentity,
} from '../../src';
import { complaints, synthesized } from '../synthesized';

const exportTo = [Backend.otlp('store', { endpoint: 'store:4317' })];
const policies = [SamplingPolicy.alwaysSample('all')];
const CLIENT = '00000000-0000-0000-0000-000000000001';

function gateway(serviceAccount: ServiceAccount) {
  return synthesized((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, serviceAccount });
  });
}

test.each<[string, WorkloadIdentity, string, string]>([
  ['AWS', WorkloadIdentity.eks('arn:aws:iam::123456789012:role/collector'),
    'eks.amazonaws.com/role-arn', 'arn:aws:iam::123456789012:role/collector'],
  ['Google', WorkloadIdentity.gke('collector@project.iam.gserviceaccount.com'),
    'iam.gke.io/gcp-service-account', 'collector@project.iam.gserviceaccount.com'],
  ['Azure', WorkloadIdentity.azure(CLIENT), 'azure.workload.identity/client-id', CLIENT],
])('%s knows pods by their account', (_cloud, identity, annotation, value) => {
  const account = gateway(ServiceAccount.create({ identity })).get('ServiceAccount', 'gateway');
  expect(account.metadata.annotations).toEqual({ [annotation]: value });
});

test('Azure wants a label on the pods, too', () => {
  const serviceAccount = ServiceAccount.existing('own', WorkloadIdentity.azure(CLIENT));
  expect(gateway(serviceAccount).podOf('gateway').metadata.labels)
    .toMatchObject({ 'azure.workload.identity/use': 'true' });
});

test('an account is what it was told', () => {
  const objects = gateway(ServiceAccount.create({
    name: 'own', annotations: { a: 'b' }, labels: { c: 'd' }, imagePullSecrets: ['pull'],
  }));
  expect(objects.get('ServiceAccount', 'own')).toMatchObject({
    metadata: { annotations: { a: 'b' }, labels: { c: 'd' } },
    imagePullSecrets: [{ name: 'pull' }],
    automountServiceAccountToken: false,
  });
  expect(objects.podOf('gateway').spec.serviceAccountName).toBe('own');
});

test('an account of somebody else is not written, and gets the permissions nevertheless', () => {
  const objects = synthesized((chart) => {
    const sampler = new TailSamplingGateway(
      chart, 'sampler', { exportTo, policies, tracePeers: false });
    new AgentDaemonSet(
      chart, 'agent', { forwardTo: sampler, serviceAccount: ServiceAccount.existing('theirs') });
  });
  expect(objects.all.filter(({ kind }) => kind === 'ServiceAccount')
    .map(({ metadata }) => metadata.name)).toEqual(['sampler']);
  const binding = objects.all.find(({ kind }) => kind === 'RoleBinding')!;
  expect(binding.subjects).toEqual([
    { kind: 'ServiceAccount', name: 'theirs', namespace: 'observability' },
  ]);
  expect(objects.podOf('agent').spec).toMatchObject({
    serviceAccountName: 'theirs', automountServiceAccountToken: true,
  });
});

test.each<[ServiceAccount, RegExp]>([
  [ServiceAccount.existing('My Account'), /must have a name of lower-case letters, .*"My Account"/],
  [ServiceAccount.create({ identity: WorkloadIdentity.eks('collector') }),
    /serviceAccount: identity must be the ARN of a role, got "collector"\. → write it like 'arn:/],
  [ServiceAccount.create({ identity: WorkloadIdentity.gke('x') }), /must be the address of a serv/],
  [ServiceAccount.create({ identity: WorkloadIdentity.azure('x') }),
    /must be a client id, got "x"/],
])('refuses an account that nobody can have, %#', (serviceAccount, pattern) => {
  expect(complaints((chart) => {
    new GatewayDeployment(chart, 'gateway', { exportTo, serviceAccount });
  })).toEqual([expect.stringMatching(pattern)]);
});
