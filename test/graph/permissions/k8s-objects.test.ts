import { NEWEST, READ, table } from '../permission-lines';

table('receivers', ['k8s_events'], [
  ['{}', NEWEST, [`everywhere ${READ} events`]],
  ['namespaces: [shop, "${env:POD_NAMESPACE}"]', NEWEST,
    [`in here ${READ} events`, `in shop ${READ} events`]],
  ['auth_type: kubeConfig', NEWEST, []],
]);

table('receivers', ['k8s_objects', 'k8sobjects'], [
  ['objects: []', NEWEST, []],
  ['objects: [{name: pods}]', NEWEST, ['everywhere list pods']],
  ['objects: [{name: pods, mode: pull}, {name: nodes, mode: watch}]', NEWEST,
    ['everywhere list pods', 'everywhere list watch nodes']],
  ['objects: [{name: pods, mode: pull}, {name: pods, mode: watch}]', NEWEST,
    ['everywhere list watch pods']],
  ['objects: [{name: events, mode: watch}]', NEWEST, ['everywhere list watch events']],
  ['objects: [{name: events, group: events.k8s.io, mode: watch, namespaces: [shop]}]', NEWEST,
    ['in shop list watch events.k8s.io/events']],
  ['objects: [{name: deployments}, {name: ingresses}]', NEWEST,
    ['everywhere list apps/deployments', 'everywhere list networking.k8s.io/ingresses']],
  ['objects: [{name: widgets, group: example.com}]', NEWEST,
    ['everywhere list example.com/widgets']],
  ['objects: [{name: widgets}]', NEWEST, ['everywhere list */widgets']],
  ['{auth_type: kubeConfig, objects: [{name: pods}]}', NEWEST, []],
]);
