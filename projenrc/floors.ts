/**
 * The floors of the house as lint zones: imports go down only.
 *
 * A zone says which folder may not import which; its message says which way is down.
 */
import { readdirSync } from 'fs';
import { join } from 'path';

interface Zone {
  readonly target: string | string[];
  readonly from: string;
  readonly except?: string[];
  readonly message: string;
}

/** Folders and files of the runtime, ground floor first. */
const RUNTIME: readonly (readonly string[])[] = [
  ['wire', 'clock.ts', 'errors.ts', 'version.ts', 'config.ts'],
  ['component.ts', 'pipeline', 'otlp', 'net', 'queue', 'storage', 'telemetry', 'routing', 'peers'],
  ['receivers', 'processors', 'exporters', 'connectors', 'extensions'],
  ['collector.ts', 'components.ts'],
  ['main.ts', 'cli', 'local-cluster'],
];

/** Folders of the construct library, ground floor first; what is not named stands on top. */
const CONSTRUCTS: readonly (readonly string[])[] = [
  ['config', 'distribution'],
  ['graph'],
  ['features', 'workload', 'monitoring', 'security'],
];

const KINDS = ['receivers', 'processors', 'exporters', 'connectors', 'extensions'];

/** The only import between components: a ring of backends is made of OTLP clients. */
const ALLOWED = new Map([['exporters/load-balancing', ['exporters/otlp-grpc']]]);

function stack(root: string, stories: readonly (readonly string[])[], down: string): Zone[] {
  return stories.flatMap((names, floor) => stories.slice(floor + 1).flatMap((above) =>
    names.flatMap((target) => above.map((from) => ({
      target: `./${root}/${target}`,
      from: `./${root}/${from}`,
      message: `${root}/${target} stands below ${root}/${from}. Imports go down only: ${down}.`,
    })))));
}

function subfolders(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
  } catch {
    return [];
  }
}

function betweenComponents(): Zone[] {
  const components = KINDS.flatMap((kind) =>
    subfolders(join('runtime', kind)).map((name) => `${kind}/${name}`));
  return components.flatMap((component) => KINDS.map((kind) => ({
    target: `./runtime/${component}`,
    from: `./runtime/${kind}`,
    except: [component, ...ALLOWED.get(component) ?? []]
      .filter((path) => path.startsWith(`${kind}/`)).map((path) => `./${path.split('/')[1]}`),
    message: 'Components never import each other. What two of them need stands one floor down,' +
      ' in runtime/{pipeline,otlp,net,queue,storage,telemetry,routing,peers}.',
  })));
}

function topOfConstructs(): Zone[] {
  return CONSTRUCTS.flatMap((names, floor) => names.map((target) => ({
    target: `./src/${target}`,
    from: './src',
    except: CONSTRUCTS.slice(0, floor + 1).flat().map((name) => `./${name}`),
    message: `src/${target} stands below what it imports. Imports go down only: constructs →` +
      ' features, workload, monitoring, security → graph → config, distribution.',
  })));
}

/** All zones for `import/no-restricted-paths`. */
export function floors(): Zone[] {
  return [
    ...stack('runtime', RUNTIME,
      'main, cli → collector → components → pipeline, otlp, net, queue, telemetry → wire'),
    ...betweenComponents(),
    ...topOfConstructs(),
    {
      target: './src',
      from: './runtime',
      message: 'The construct library does not import the runtime; what both need is src/config.',
    },
    {
      target: ['./runtime/!(config.ts)', './runtime/*/**/*'],
      from: './src',
      message: 'The runtime reaches the contracts through one door: runtime/config.ts.',
    },
  ];
}
