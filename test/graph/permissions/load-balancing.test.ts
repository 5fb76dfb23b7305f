import { NEWEST, READ, SLICES, table } from '../permission-lines';

table('exporters', ['load_balancing', 'loadbalancing', 'load_balancing/named'], [
  ['resolver: {k8s: {service: sampler.there}}', NEWEST, [`in there (sampler) ${SLICES}`]],
  ['resolver: {k8s: {service: sampler.there.svc.cluster.local}}', NEWEST,
    [`in there (sampler) ${SLICES}`]],
  ['resolver: {k8s: {service: sampler}}', NEWEST, [`in here (sampler) ${SLICES}`]],
  ['resolver: {k8s: {service: sampler}}', { namespace: undefined },
    [`in undefined (sampler) ${SLICES}`]],
  ['resolver: {k8s: {service: "sampler.${env:POD_NAMESPACE}"}}', NEWEST,
    [`in here (sampler) ${SLICES}`]],
  ['resolver: {k8s: {service: "${env:SAMPLER:-a.b}"}}', NEWEST, [`everywhere ${SLICES}`]],
  ['resolver: {k8s: {service: sampler}}', { collectorMinor: 140 },
    [`in here (sampler) ${SLICES}`]],
  ['resolver: {k8s: {service: sampler}}', { collectorMinor: 139 },
    [`in here (sampler) ${READ} endpoints`, `in here (sampler) ${SLICES}`]],
  ['resolver: {dns: {hostname: sampler}}', NEWEST, []],
  ['resolver: {static: {hostnames: [a]}}', NEWEST, []],
]);
