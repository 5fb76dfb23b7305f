import { NEWEST, READ, SLICES, table } from '../permission-lines';

const IN_NAMESPACES = 'pods replicationcontrollers resourcequotas services';
const APPS = `${READ} apps/daemonsets apps/deployments apps/replicasets apps/statefulsets`;
const OTHERS = (place: string) => [
  `${place} ${APPS}`,
  `${place} ${READ} autoscaling/horizontalpodautoscalers`,
  `${place} ${READ} batch/cronjobs batch/jobs`,
];

table('receivers', ['k8s_cluster'], [
  ['{}', NEWEST, [
    `everywhere ${READ} namespaces nodes persistentvolumeclaims persistentvolumes`
      + ` ${IN_NAMESPACES}`, ...OTHERS('everywhere'),
  ]],
  ['{}', { collectorMinor: 150 },
    [`everywhere ${READ} namespaces nodes ${IN_NAMESPACES}`, ...OTHERS('everywhere')]],
  ['namespaces: [shop]', { collectorMinor: 151 },
    [`in shop ${READ} persistentvolumeclaims ${IN_NAMESPACES}`, ...OTHERS('in shop')]],
  ['namespace: shop', { collectorMinor: 150 },
    [`in shop ${READ} ${IN_NAMESPACES}`, ...OTHERS('in shop')]],
  ['{distribution: openshift, metrics: {k8s.service.endpoint.count: {enabled: true}}}',
    { collectorMinor: 149 }, [
      `everywhere ${READ} namespaces nodes ${IN_NAMESPACES}`, ...OTHERS('everywhere'),
      `everywhere ${SLICES}`, `everywhere ${READ} quota.openshift.io/clusterresourcequotas`,
    ]],
  ['{distribution: openshift, namespaces: [shop]}', { collectorMinor: 149 },
    [`in shop ${READ} ${IN_NAMESPACES}`, ...OTHERS('in shop')]],
  ['auth_type: kubeConfig', NEWEST, []],
]);
