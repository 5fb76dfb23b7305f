import { candidateNames } from './cluster-lookup';
import { searchDomains } from './pod-network';

describe('a name that a pod looks up', () => {
  const search = searchDomains('tests');

  test.each([
    ['is tried in the search domains first when it is short', 'sampler', [
      'sampler.tests.svc.cluster.local', 'sampler.svc.cluster.local', 'sampler.cluster.local',
      'sampler',
    ]],
    ['is tried as it is first when it has five dots', 'a.b.c.d.e.f', [
      'a.b.c.d.e.f', 'a.b.c.d.e.f.tests.svc.cluster.local', 'a.b.c.d.e.f.svc.cluster.local',
      'a.b.c.d.e.f.cluster.local',
    ]],
    ['is tried only as it is when it ends with a dot', 'store.example.', ['store.example']],
  ])('%s', (_how, name, candidates) => {
    expect(candidateNames(name, search)).toEqual(candidates);
  });
});
