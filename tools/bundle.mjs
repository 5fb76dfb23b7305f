// Bundles the runtime: one file that the image runs, and what only `otelgw up` needs beside it.
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { englishOnly } from './english-only.mjs';
import { root } from './steps.mjs';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

await build({
  absWorkingDir: root,
  entryPoints: {
    'otelgw': 'runtime/main.ts',
    'up': 'runtime/cli/up.ts',
    'pod-preload': 'runtime/local-cluster/pod-preload.ts',
    'zstd-library': 'runtime/net/zstd-library.ts',
    'telemetry-sdk': 'runtime/telemetry/telemetry-sdk.ts',
  },
  outdir: 'runtime/dist',
  bundle: true,
  platform: 'node',
  target: 'node20.16',
  format: 'cjs',
  legalComments: 'linked',
  logLevel: 'warning',
  define: { OTELGW_VERSION: JSON.stringify(version) },
  banner: { js: '#!/usr/bin/env node' },
  plugins: [englishOnly, {
    // A collector in production should not carry the local cluster and its SDK in memory.
    name: 'stays-beside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/up\.js$/ }, () => ({ path: './up.js', external: true }));
      // Nor a library that Node.js of the image has no need of.
      onResolve({ filter: /^\.\/zstd-library$/ }, () => ({
        path: './zstd-library.js', external: true,
      }));
      onResolve({ filter: /^\.\/telemetry-sdk$/ }, () => ({
        path: './telemetry-sdk.js', external: true,
      }));
    },
  }],
});
const library = createRequire(join(root, 'runtime/package.json')).resolve('@bokuweb/zstd-wasm');
copyFileSync(join(dirname(library), 'zstd.wasm'), join(root, 'runtime/dist/zstd.wasm'));
chmodSync(join(root, 'runtime/dist/otelgw.js'), 0o755);
