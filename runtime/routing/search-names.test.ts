import { candidateNames } from './search-names';

const IN_A_POD = 'nameserver 10.0.0.10\nsearch obs.svc.cluster.local svc.cluster.local\n'
  + 'options ndots:5 timeout:1\n';

const CASES: [string, string, string, string[]][] = [
  ['without a search list a name is asked for as it is', 'pods', 'nameserver 10.0.0.10', ['pods']],
  ['in a pod a short name is tried behind each domain first', 'pods', IN_A_POD,
    ['pods.obs.svc.cluster.local', 'pods.svc.cluster.local', 'pods']],
  ['a name with as many dots as ndots says is tried as it is first',
    'a.b.c.d.e.f', IN_A_POD,
    ['a.b.c.d.e.f', 'a.b.c.d.e.f.obs.svc.cluster.local', 'a.b.c.d.e.f.svc.cluster.local']],
  ['a name that ends in a dot is whole', 'pods.obs.', IN_A_POD, ['pods.obs.']],
  ['without the option one dot is enough', 'a.b', 'search c', ['a.b', 'a.b.c']],
  ['of several lists the last holds', 'a', 'search b\ndomain c\n', ['a.c', 'a']],
  ['of several options the last holds', 'a.b', 'options ndots:1 ndots:2\nsearch c',
    ['a.b.c', 'a.b']],
  ['remarks, tabs and dots around domains are not part of them', 'a',
    '# search x\n; search y\n\tsearch\tb. .c .  # d\n', ['a.b', 'a.c', 'a']],
  ['what is no number is no option', 'a.b', 'search c\noptions ndots:x', ['a.b', 'a.b.c']],
];

test.each(CASES)('%s', (_, hostname, resolvConf, names) => {
  expect(candidateNames(hostname, resolvConf)).toEqual(names);
});
