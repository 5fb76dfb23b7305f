/** What listens inside a pod is what Services, probes and monitoring lead to. */
import type { Check } from './check';
import { isLocal, notReached, otherListenerProblems } from './other-listeners';
import { namedPoolsOf } from './pipelines';
import { valueAt, type CollectorData } from '../tier-facts';

interface Listener {
  readonly at: readonly string[];
  readonly what: string;
  readonly port: number;
  readonly prop: string;
}

const PROTOCOLS = ['receivers', 'otlp', 'protocols'];

/** Servers that were moved to where nothing leads. */
export const listener: Check = (tier) => {
  const { data, ports } = tier;
  const listeners: Listener[] = [
    ...(['grpc', 'http'] as const).flatMap((protocol) => {
      const port = ports[protocol];
      const prop = `${protocol}Port`;
      return port === undefined ? []
        : [{ at: [...PROTOCOLS, protocol], what: 'its Service leads', port, prop }];
    }),
    {
      at: ['extensions', 'health_check'], what: 'its probes ask', port: ports.health, prop: '',
    },
  ];
  return [
    ...listeners.flatMap((each) => listenerProblems(data, each)),
    ...metricsProblems(data, ports.metrics),
    ...peersProblems(data, ports.peers),
    ...otherListenerProblems(tier),
  ];
};

function listenerProblems(data: CollectorData, { at, what, port, prop }: Listener): string[] {
  const endpoint = valueAt(data, ...at, 'endpoint');
  const where = `${at.join('.')}.endpoint`;
  const wayOut = prop === ''
    ? 'leave this endpoint out of `config`.'
    : `set \`${prop}\` instead of this endpoint: everything else then follows.`;
  if (typeof endpoint !== 'string') {
    return [`${where}: must listen on port ${port}, to which ${what}, got nothing.\n→ ${wayOut}`];
  }
  if (isLocal(endpoint)) {
    return [`${notReached(where, endpoint, port)}, or leave it out of \`config\`.`];
  }
  return endpoint.endsWith(`:${port}`) ? []
    : [`${where}: must end in :${port}, to which ${what}, got ${JSON.stringify(endpoint)}.`
      + `\n→ ${wayOut}`];
}

/** Where nobody is heard, no pod ever becomes ready. */
function peersProblems(data: CollectorData, port = 0): string[] {
  return namedPoolsOf(data).flatMap(({ id, config }) => {
    const endpoint = valueAt(config, 'endpoint');
    return typeof endpoint !== 'string' || !isLocal(endpoint) ? []
      : [`${notReached(`extensions.${id}.endpoint`, endpoint, port)}, or leave it out of`
        + ' `config`.'];
  });
}

function metricsProblems(data: CollectorData, port: number): string[] {
  const at = ['service', 'telemetry', 'metrics', 'readers', 0, 'pull', 'exporter', 'prometheus'];
  const found = valueAt(data, ...at, 'port');
  return found === undefined || found === port ? []
    : [`service.telemetry.metrics.readers[0].pull.exporter.prometheus.port: must be ${port}, to`
      + ` which its Service leads, got ${found}.\n→ leave this port out of \`config\`.`];
}
