/** All stories: `npx cdk8s synth` writes each of them to a folder of its own under `cdk8s.out`. */
import { readdirSync } from 'fs';
import { createRequire } from 'module';
import { basename, join } from 'path';

const output = process.env.CDK8S_OUTDIR ?? 'cdk8s.out';
const load = createRequire(__filename);

for (const file of readdirSync(__dirname)) {
  if (!file.endsWith('.ts') || file === basename(__filename)) continue;
  process.env.CDK8S_OUTDIR = join(output, basename(file, '.ts')); // Where `new App()` writes.
  load(`./${file}`);
}
