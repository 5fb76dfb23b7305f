/** Permissions that follow from configurations, in words that a table has room for. */
import { parse } from 'yaml';
import { permissionsFor, type PermissionFacts } from '../../src/graph/permissions';
import type { CollectorData } from '../../src/graph/tier-facts';

/** A configuration in which one component runs, in its own section. */
export function running(section: string, id: string, settings: string): CollectorData {
  const component = { [id]: parse(settings) };
  const isExtension = section === 'extensions';
  return {
    [section]: component,
    service: isExtension ? { extensions: [id] } : { pipelines: { logs: { [section]: [id] } } },
  };
}

/** Permissions as lines: where, what is done, with what, and only with which. */
export function lines(
  data: CollectorData, facts: PermissionFacts = { namespace: 'here' },
): string[] {
  return permissionsFor(data, facts).map(({ scope, namespace, finds, rule }) => [
    scope === 'cluster' ? 'everywhere' : `in ${namespace}`,
    ...finds === undefined ? [] : [`(${finds})`],
    rule.verbs.join(' '),
    ...rule.nonResourceUrls ?? [],
    ...(rule.resources ?? []).map((resource) =>
      rule.apiGroups.map((group) => (group === '' ? resource : `${group}/${resource}`)).join()),
    ...(rule.resourceNames ?? []).map((name) => `=${name}`),
  ].join(' '));
}

/** What readers may do. */
export const READ = 'get list watch';
/** Reading pods everywhere. */
export const PODS = `everywhere ${READ} pods`;
/** Reading EndpointSlices somewhere. */
export const SLICES = `${READ} discovery.k8s.io/endpointslices`;
/** Where a pod finds its token. */
export const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
/** Newest versions, in the namespace `here`. */
export const NEWEST: PermissionFacts = {};

/** Settings, what else is known, and the lines that follow from them. */
export type Row = readonly [
  settings: string, facts: PermissionFacts, expected: readonly string[],
];

/** One test for each row, under each of a component's names. */
export function table(section: string, ids: readonly string[], rows: readonly Row[]): void {
  describe.each(ids)(`${section}.%s`, (id) => {
    test.each(rows)('%s with %j gives %j', (settings, facts, expected) => {
      expect(lines(running(section, id, settings), { namespace: 'here', ...facts }))
        .toEqual(expected);
    });
  });
}

/** A prometheus receiver with one job. */
export function scraping(job: string): string {
  return `config: {scrape_configs: [{job_name: all, ${job}}]}`;
}
