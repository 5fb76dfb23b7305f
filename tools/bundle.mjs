// Bundles the runtime: one file that the image runs, and what only `otelgw up` needs beside it.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { englishOnly } from './english-only.mjs';
import { lazyBuiltins } from './lazy-builtins.mjs';
import { root } from './steps.mjs';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const options = {
  absWorkingDir: root,
  outdir: 'runtime/dist',
  bundle: true,
  platform: 'node',
  target: 'node20.16',
  format: 'cjs',
  legalComments: 'linked',
  logLevel: 'warning',
};

// Of prom-client only its registry is used; the rest looks at the process when it is loaded.
const registryOnly = {
  name: 'registry-only',
  setup({ onLoad }) {
    onLoad({ filter: /prom-client[\\/]index\.js$/ }, () => ({
      contents: `
        exports.Registry = require('./lib/registry');
        exports.prometheusContentType = exports.Registry.PROMETHEUS_CONTENT_TYPE;`,
    }));
  },
};

// A collector in production should not carry the local cluster and its SDK in memory, nor a library
// that Node.js of the image has no need of.
const BESIDE = ['up', 'zstd-library', 'telemetry-sdk', 'aws-sdk'];

await build({
  ...options,
  entryPoints: {
    'collector': 'runtime/main.ts',
    'up': 'runtime/cli/up.ts',
    'pod-preload': 'runtime/local-cluster/pod-preload.ts',
    'zstd-library': 'runtime/net/zstd-library.ts',
    'telemetry-sdk': 'runtime/telemetry/telemetry-sdk.ts',
    'aws-sdk': 'runtime/routing/aws-sdk.ts',
  },
  define: { OTELGW_VERSION: JSON.stringify(version) },
  supported: { 'dynamic-import': false }, // Scripts that V8 compiled before cannot.
  plugins: [englishOnly, registryOnly, lazyBuiltins, {
    name: 'stays-beside',
    setup({ onResolve }) {
      onResolve({ filter: new RegExp(`^\\./(${BESIDE.join('|')})(\\.js)?$`) }, ({ path }) => ({
        path: path.endsWith('.js') ? path : `${path}.js`, external: true,
      }));
    },
  }],
});
await build({
  ...options,
  entryPoints: {
    'otelgw': 'runtime/cli/start.ts',
    'write-code-cache': 'runtime/cli/write-code-cache.ts',
  },
  banner: { js: '#!/usr/bin/env node' },
});
const library = createRequire(join(root, 'runtime/package.json')).resolve('@bokuweb/zstd-wasm');
copyFileSync(join(dirname(library), 'zstd.wasm'), join(root, 'runtime/dist/zstd.wasm'));
chmodSync(join(root, 'runtime/dist/otelgw.js'), 0o755);
const [program, writer] = ['collector.js', 'write-code-cache.js']
  .map((name) => join(root, 'runtime/dist', name));
// One character beyond Latin-1, left in a pattern or a comment, and V8 needs two bytes for each.
writeFileSync(program, readFileSync(program, 'utf8').replace(/[^\0-\x7f]/g,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`));
execFileSync(process.execPath, [writer, program], { stdio: ['ignore', 'ignore', 'inherit'] });
