/** The objects that the Prometheus operator reads. */
import { ApiObject, type Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import { alertRules, scalingRules, type AlertSubject } from './alert-rules';
import type { Monitoring } from './monitoring';
import { objectLabels, selectorLabels, type TierIdentity } from '../workload/labels';
import { METRICS_PORT_NAME, type PodPorts } from '../workload/ports';

const API_VERSION = 'monitoring.coreos.com/v1';

function promDuration(interval: Duration): string {
  const millis = interval.toMilliseconds();
  return millis % 1000 === 0 ? `${millis / 1000}s` : `${millis}ms`;
}

function metadata(tier: TierIdentity, labels: Record<string, string> | undefined) {
  return {
    name: tier.name, namespace: tier.namespace, labels: { ...objectLabels(tier), ...labels },
  };
}

/** Tells Prometheus where the tier's metrics are. */
export function serviceMonitor(
  scope: Construct, id: string, tier: TierIdentity, ports: PodPorts, monitoring: Monitoring,
): ApiObject {
  const { interval, labels } = monitoring._options;
  const often = interval === undefined ? {} : { interval: promDuration(interval) };
  const others = ports.others.filter(({ isScraped }) => isScraped === true);
  return new ApiObject(scope, id, {
    apiVersion: API_VERSION,
    kind: 'ServiceMonitor',
    metadata: metadata(tier, labels),
    spec: {
      selector: { matchLabels: selectorLabels(tier) },
      endpoints: [
        { port: METRICS_PORT_NAME, path: '/metrics', ...often },
        // What is served for others keeps the labels that say whose it is.
        ...others.map(({ name }) => (
          { port: name, path: '/metrics', honorLabels: true, ...often })),
      ],
    },
  });
}

/** Tells Prometheus when to raise the alarm. */
export function prometheusRule(
  scope: Construct, id: string, subject: AlertSubject, monitoring: Monitoring,
): ApiObject {
  const { tier } = subject;
  const recorded = scalingRules(subject);
  return new ApiObject(scope, id, {
    apiVersion: API_VERSION,
    kind: 'PrometheusRule',
    metadata: metadata(tier, monitoring._options.labels),
    spec: {
      groups: [
        { name: `${tier.name}.collector`, rules: alertRules(subject) },
        ...recorded.length === 0 ? [] : [{ name: `${tier.name}.scaling`, rules: recorded }],
      ],
    },
  });
}
