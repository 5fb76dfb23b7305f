// Bundles the runtime: one file that the image runs, and what only `otelgw up` needs beside it.
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
    name: 'up-stays-beside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/up\.js$/ }, () => ({ path: './up.js', external: true }));
    },
  }],
});
chmodSync(join(root, 'runtime/dist/otelgw.js'), 0o755);
