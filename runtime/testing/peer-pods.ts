/**
 * Pods with the extension `trace_peers` in one process, each on a loopback address of its own, and
 * an API server that shows them: real sockets, real time, and the span holder of the simulation.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { systemClock } from '../clock';
import { freePorts } from './collector-process';
import { componentContext, type TestContext } from './component-context';
import { tracePeersExtension } from '../config';
import { SpanHolder, spanBytes } from './pool/span-holder';
import { SpanRecord } from './pool/span-record';
import {
  createTracePeersExtension, type TracePeersExtension,
} from '../extensions/trace-peers/trace-peers';
import { ApiServer } from '../local-cluster/api-server';
import { ApiStore } from '../local-cluster/api-store';
import { CertificateAuthority } from '../local-cluster/certificate';
import type { TracePeers } from '../peers/trace-peers';

const OTLP_PORT = 4317;
const NAMESPACE = 'tracing';
const RBAC = 'rbac.authorization.k8s.io/v1';
/** How long pods hold traces. */
export const DECISION_WAIT_MS = 400;

/** One pod. */
export interface PeerPod {
  /** Its address. */
  readonly host: string;
  /** Its extension. */
  readonly extension: TracePeersExtension;
  /** Its part of the pool. */
  readonly peers: TracePeers;
  /** Its traces. */
  readonly holder: SpanHolder;
  /** Its log and metrics. */
  readonly context: TestContext;
}

/** A pool of pods that Kubernetes knows. */
export class PeerPods {
  /** Port that all pods listen on for each other: that of the first one. */
  public port = 0;
  /** What became of spans. */
  public readonly record = new SpanRecord();
  /** All pods that run. */
  public readonly pods: PeerPod[] = [];
  private readonly store = new ApiStore();
  private readonly folder = mkdtempSync(join(tmpdir(), 'otelgw-peers-'));
  private readonly conditions = new Map<string, object>();
  private api?: ApiServer;

  /** Starts the API server. */
  public async open(): Promise<void> {
    const authority = new CertificateAuthority(Date.now());
    const [port] = await freePorts(1);
    writeFileSync(join(this.folder, 'ca.crt'), authority.cert);
    writeFileSync(join(this.folder, 'token'), 'sampler');
    writeFileSync(join(this.folder, 'namespace'), NAMESPACE);
    this.api = new ApiServer({
      store: this.store,
      rules: {
        roles: [],
        clusterRoles: [{
          apiVersion: RBAC,
          kind: 'ClusterRole',
          metadata: { name: 'see' },
          rules: [{
            apiGroups: ['discovery.k8s.io'],
            resources: ['endpointslices'],
            verbs: ['list', 'watch'],
          }],
        }],
        clusterRoleBindings: [],
        roleBindings: [{
          apiVersion: RBAC,
          kind: 'RoleBinding',
          metadata: { name: 'see', namespace: NAMESPACE },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'see' },
          subjects: [{ kind: 'ServiceAccount', name: 'sampler', namespace: NAMESPACE }],
        }],
      },
      accountOf: (name) => ({ namespace: NAMESPACE, name }),
      certificate: authority.issue(['127.0.0.1']),
      refused: (sentence) => { throw new Error(sentence); },
    });
    await this.api.start('127.0.0.1', port);
    process.env.KUBERNETES_SERVICE_HOST = '127.0.0.1';
    process.env.KUBERNETES_SERVICE_PORT = String(port);
    process.env.OTELGW_SERVICE_ACCOUNT_DIR = this.folder;
  }

  /** Starts a pod that Kubernetes calls not ready; it has not joined yet. */
  public async add(host: string, yaml: object = {}): Promise<PeerPod> {
    const { settings, problems } = tracePeersExtension.read({
      address: host,
      endpoint: `${host}:${this.port}`,
      resolver: { k8s: { service: 'sampler', ports: [OTLP_PORT] } },
      resolver_delay: '300ms',
      ...yaml,
    });
    if (settings === undefined) throw new Error(JSON.stringify(problems));
    const context = componentContext('trace_peers');
    const given = { ...context, clock: systemClock };
    const extension = createTracePeersExtension(settings, given);
    this.set(host, { ready: false, serving: false, terminating: false });
    await extension.start();
    this.port ||= extension.port;
    const holder = new SpanHolder({
      pod: extension.address,
      clock: systemClock,
      record: this.record,
      decisionWaitMs: DECISION_WAIT_MS,
      age: () => undefined,
    });
    const peers = extension.attach(holder, DECISION_WAIT_MS);
    holder.peers = peers;
    const pod = { host, extension, peers, holder, context };
    this.pods.push(pod);
    return pod;
  }

  /** Starts a pod, lets it join, and calls it ready. */
  public async join(host: string, yaml: object = {}): Promise<PeerPod> {
    const pod = await this.add(host, yaml);
    await pod.extension.join?.();
    this.set(host, { ready: true, serving: true, terminating: false });
    return pod;
  }

  /** Calls a pod leaving, lets it leave, and ends it. */
  public async leave(pod: PeerPod): Promise<void> {
    this.set(pod.host, { ready: false, serving: true, terminating: true });
    await pod.extension.leave?.();
    await this.end(pod);
  }

  /** Ends a pod; Kubernetes knows it no more. */
  public async end(pod: PeerPod): Promise<void> {
    pod.peers.stop();
    await pod.extension.stop();
    this.pods.splice(this.pods.indexOf(pod), 1);
    this.set(pod.host);
  }

  /** Kubernetes says this of the pod at `host`, or knows it no more. */
  public set(host: string, conditions?: object): void {
    if (conditions === undefined) this.conditions.delete(host);
    else this.conditions.set(host, conditions);
    this.publish();
  }

  /** Gives a pod one span of each of these traces, as a sender does. */
  public give(pod: PeerPod, traces: readonly number[]): void {
    for (const trace of traces) {
      const copy = this.record.sent(trace);
      this.record.accepted(copy);
      pod.holder.take(spanBytes(trace, [copy]), 0, false);
    }
  }

  /** Number that the own metric `name` of a pod has. */
  public value(pod: PeerPod, name: string): number {
    return pod.context.metrics.value(`otelgw_peers_${name}`, { extension: 'trace_peers' }) ?? 0;
  }

  /** Ends everything. */
  public async close(): Promise<void> {
    for (const pod of [...this.pods]) await this.end(pod);
    await this.api?.stop();
    rmSync(this.folder, { recursive: true, force: true });
    for (const name of ['HOST', 'PORT']) delete process.env[`KUBERNETES_SERVICE_${name}`];
    delete process.env.OTELGW_SERVICE_ACCOUNT_DIR;
  }

  private publish(): void {
    this.store.replaceAll('endpointslices', [{
      metadata: {
        name: 'sampler-1',
        namespace: NAMESPACE,
        labels: { 'kubernetes.io/service-name': 'sampler' },
      },
      endpoints: [...this.conditions].map(([address, conditions]) => (
        { addresses: [address], conditions })),
    }]);
  }
}
