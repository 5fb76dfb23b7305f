/** Charts of tests, synthesized in memory. */
import { App, Chart, Testing } from 'cdk8s';
import { parse } from 'yaml';
import type { Manifest } from './example-objects';

/** The objects of a chart, by kind and name. */
export class Objects {
  /** `warnings` are what synthesis told on stderr. */
  public constructor(
    public readonly all: readonly Manifest[], public readonly warnings: readonly string[] = [],
  ) {}

  /** The object of that kind and name. */
  public get(kind: string, name: string): Manifest {
    const found = this.all.find((object) =>
      object.kind === kind && object.metadata.name === name);
    if (found === undefined) {
      const there = this.all.map((object) => `${object.kind} ${object.metadata.name}`).join(', ');
      throw new Error(`objects: must hold ${kind} ${name}, got ${there}`);
    }
    return found;
  }

  /** Whether there is such an object. */
  public has(kind: string, name: string): boolean {
    return this.all.some((object) => object.kind === kind && object.metadata.name === name);
  }

  /** The pod template of the workload of that name. */
  public podOf(name: string): any {
    const kinds = ['DaemonSet', 'Deployment', 'StatefulSet'];
    const workload = this.all.find((object) =>
      kinds.includes(object.kind) && object.metadata.name === name);
    return workload?.spec.template;
  }

  /** The configuration of the tier of that name. */
  public configOf(name: string): any {
    return parse(this.get('ConfigMap', `${name}-config`).data['collector.yaml']);
  }
}

/**
 * A chart `telemetry` in the namespace `observability`, built by `build`. What synthesis would tell
 * a user on stderr is in `warnings` instead.
 */
export function synthesized(build: (chart: Chart, app: App) => void): Objects {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => { warnings.push(text); };
  try {
    const app = Testing.app();
    const chart = new Chart(app, 'telemetry', { namespace: 'observability' });
    build(chart, app);
    return new Objects(app.charts.flatMap((each) => Testing.synth(each)), warnings);
  } finally {
    console.warn = warn;
  }
}

/** What synthesis says against what `build` builds, without its heading; empty when nothing. */
export function complaints(build: (chart: Chart, app: App) => void): string[] {
  try {
    synthesized(build);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n  [').slice(1).map((line) =>
      `[${line}`.replace(/\n +/g, ' '));
  }
}
