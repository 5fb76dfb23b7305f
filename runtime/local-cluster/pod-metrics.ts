/** Reads the metrics that pods serve about themselves, and keeps the last word of each. */
import { get } from 'node:http';
import type { CollectorSettings } from '../config';
import { portOnHost } from './address-plan';
import type { Pod } from './pod';

/** One series at one moment. */
export interface Sample {
  /** Name as it is written, suffixes included. */
  readonly name: string;
  /** Labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Value. */
  readonly value: number;
}

const TIMEOUT_MS = 1000;
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** The samples of a page of Prometheus text. */
export function parseSamples(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const match = LINE.exec(line);
    if (match === null) return [];
    const labels = Object.fromEntries([...(match[2] ?? '').matchAll(LABEL)]
      .map(([, key, value]) => [key, value.replace(/\\(.)/g, '$1')]));
    return [{ name: match[1], labels, value: Number(match[3]) }];
  });
}

/** Sum of all series called `name`, with or without unit and type suffixes, that have `labels`. */
export function sumOf(
  samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {},
): number {
  return samples
    .filter((sample) => sample.name === name || sample.name.startsWith(`${name}_`))
    .filter((sample) => Object.entries(labels).every(([key, value]) =>
      sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** The last metrics of every pod that ever was. */
export class PodMetrics {
  private readonly latest = new Map<string, { readonly pod: Pod; readonly samples: Sample[] }>();
  private readonly failed = new Set<string>();

  /** Port on which collectors with `settings` serve their metrics. */
  public static portOf(settings: CollectorSettings): number | undefined {
    return settings.telemetry.metrics.readers.flatMap(({ pull }) => pull ?? []).at(0)
      ?.exporter.prometheus.port;
  }

  /** Asks `pod`; what it said last is kept when it does not answer. */
  public async scrape(pod: Pod, port: number): Promise<void> {
    const { address, loopback, uid } = pod.identity;
    for (const host of [address, loopback]) {
      const text = await fetchText(host, portOnHost(port));
      if (text === undefined) continue;
      this.latest.set(uid, { pod, samples: parseSamples(text) });
      this.failed.delete(uid);
      return;
    }
    this.failed.add(uid);
  }

  /** The last samples of `pod`. */
  public of(pod: Pod): readonly Sample[] {
    return this.latest.get(pod.identity.uid)?.samples ?? [];
  }

  /** The last samples of all pods of a workload, those that are gone as well. */
  public ofWorkload(namespace: string, workload: string): Sample[] {
    return [...this.latest.values()]
      .filter(({ pod }) => pod.identity.namespace === namespace
        && pod.identity.workload === workload)
      .flatMap(({ samples }) => samples);
  }

  /** Whether every pod was still there at its last word and never began to count anew. */
  public get isComplete(): boolean {
    return this.failed.size === 0
      && [...this.latest.values()].every(({ pod }) => pod.state !== 'gone' && pod.restarts === 0);
  }
}

function fetchText(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { host, port, path: '/metrics', agent: false, timeout: TIMEOUT_MS };
    const request = get(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text : undefined));
      response.on('error', () => resolve(undefined));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}
