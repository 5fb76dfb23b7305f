/** The examples, synthesized inside this process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'fs';
import { tmpdir } from 'os';
import { join } from 'path';
import { parseAllDocuments } from 'yaml';

/** A Kubernetes object as it is written. */
export interface Manifest {
  /** For example `apps/v1`. */
  readonly apiVersion: string;
  /** For example `Deployment`. */
  readonly kind: string;
  /** Its names. */
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  /** What it is to be. */
  readonly spec?: any;
  /** Everything else. */
  readonly [key: string]: any;
}

/** The file that an example wrote. */
export interface ChartFile {
  /** Its name. */
  readonly name: string;
  /** Its text. */
  readonly text: string;
}

const EXAMPLES = join(__dirname, '..', 'examples');
const PACKAGE = join(__dirname, '..', 'package.json');

/** Names of all stories; main.ts only runs them. */
export const exampleNames = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

/** Runs an example as `cdk8s synth` does, with another output folder. */
export function synthesizeExample(name: string): ChartFile[] {
  const outdir = mkdtempSync(join(tmpdir(), 'otelgw-example-'));
  const before = process.env.CDK8S_OUTDIR;
  process.env.CDK8S_OUTDIR = outdir;
  try {
    jest.isolateModules(() => { jest.requireActual(join(EXAMPLES, name)); });
    return readdirSync(outdir).sort().map((file) => ({
      name: file, text: readFileSync(join(outdir, file), 'utf8'),
    }));
  } finally {
    if (before === undefined) delete process.env.CDK8S_OUTDIR;
    else process.env.CDK8S_OUTDIR = before;
    rmSync(outdir, { recursive: true });
  }
}

/** All objects in the text of a file. */
export function objectsIn(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

/** The files of an example as one text that does not change with the package's version. */
export function goldenText(files: readonly ChartFile[]): string {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  return files.map(({ name, text }) => `# ${name}\n${text}`).join('---\n')
    .replaceAll(`/otelgw:${version}`, '/otelgw:0.0.0');
}
