import { JsonFile, TextFile, YamlFile, cdk8s, javascript, typescript } from 'projen';
import { floors } from './projenrc/floors';

const project = new cdk8s.ConstructLibraryCdk8s({
  name: 'cdk8s-otel-gateway',
  description: 'OpenTelemetry agents, gateways and tail samplers for Kubernetes as typed cdk8s'
    + ' constructs, with a collector runtime that routes and samples by trace.',
  author: 'cdk8s-otel-gateway maintainers',
  authorAddress: 'maintainers@users.noreply.cdk8s-otel-gateway.example',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk8s-otel-gateway/cdk8s-otel-gateway.git',
  keywords: ['cdk8s', 'opentelemetry', 'otel', 'collector', 'gateway', 'tail-sampling'],
  license: 'Apache-2.0',
  copyrightOwner: 'The cdk8s-otel-gateway maintainers',
  defaultReleaseBranch: 'main',
  projenrcTs: true,
  projenrcTsOptions: { runner: typescript.TypeScriptRunner.tsx() },
  packageManager: javascript.NodePackageManager.NPM,
  minNodeVersion: '20.16.0',
  cdk8sVersion: '2.70.106',
  constructsVersion: '10.8.1',
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  github: false,
  release: false,
  depsUpgrade: false,
  sampleCode: false,
  peerDeps: ['cdk8s-plus-28@^2.5.6'],
  deps: ['yaml@^2.9.0', 'zod@^4.1.0'],
  bundledDeps: ['yaml', 'zod'],
  devDeps: [
    '@kubernetes-models/cert-manager@4.4.4',
    '@kubernetes-models/prometheus-operator@4.4.4',
    '@types/node@^20',
    'cdk8s-cli@^2.207.0',
    'esbuild@^0.28.0',
    'kubernetes-models@4.5.1',
    'ts-node@^10.9.2',
    'tsx@^4.20.0',
  ],
  eslintOptions: {
    dirs: ['src', 'runtime', 'examples'],
    devdirs: ['test', 'projenrc'],
    fileExtensions: ['.ts'],
  },
  jestOptions: {
    jestVersion: '^30',
    junitReporting: false,
    jestConfig: {
      testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/runtime/**/*.test.ts'],
      modulePathIgnorePatterns: [
        '<rootDir>/dist/', '<rootDir>/cdk8s.out/', '<rootDir>/runtime/dist/', '<rootDir>/lib/',
      ],
      collectCoverage: false,
      globalSetup: '<rootDir>/tools/jest-setup.cjs',
      testTimeout: 30_000,
    },
  },
  gitignore: ['*.cpuprofile', 'cdk8s.out', 'runtime/dist', '.jsii.tabl.json', '*.tgz', '.otelgw'],
});

project.package.addField('workspaces', ['runtime']);
project.package.addField('bin', { otelgw: 'runtime/dist/otelgw.js' });
// Version 1.13 lists platform bindings that its own registry entry lacks, so `npm ci` refuses it.
project.package.addPackageResolutions('unrs-resolver@1.12.2');

// Written by hand: `publishTo…` would also add release tasks for registries that nobody asked for.
project.package.addField('jsii', {
  outdir: 'dist',
  targets: {
    python: { distName: 'cdk8s-otel-gateway', module: 'cdk8s_otel_gateway' },
    java: {
      package: 'io.github.cdk8s_otel_gateway',
      maven: { groupId: 'io.github.cdk8s-otel-gateway', artifactId: 'cdk8s-otel-gateway' },
    },
    go: { moduleName: 'github.com/cdk8s-otel-gateway/cdk8s-otel-gateway-go' },
  },
  tsconfig: 'tsconfig.json',
  validateTsconfig: 'strict',
});

// The two commands of the README, and what they are made of. `pre…` installs what is missing.
const scripts: Record<string, string> = {
  'start': 'node tools/start.mjs',
  'test': 'node tools/check.mjs',
  'lint': 'node tools/check.mjs lint',
  'bundle': 'node tools/bundle.mjs',
  'build': 'node tools/check.mjs build',
  'bench': 'node tools/bench.mjs',
  'fuzz': 'node tools/fuzz.mjs',
  'crash': 'node tools/crash.mjs',
  'peers': 'node tools/peers.mjs',
  'chaos': 'node tools/chaos.mjs',
  'overload': 'node tools/overload.mjs',
  'soak': 'node tools/soak.mjs',
  'test:kube': 'node tools/kube.mjs',
  'test:upstream': 'node tools/upstream.mjs',
  'conformance': 'node tools/conformance.mjs',
  'image': 'node tools/image.mjs',
};
for (const [name, command] of Object.entries(scripts)) {
  project.setScript(name, command);
  project.setScript(`pre${name}`, 'node tools/install.mjs');
}

project.npmignore?.exclude(
  '/examples', '/cdk8s.yaml', '/cdk8s.out', '/runtime/*', '/docs', '/tools', '/.ci', '/.nvmrc',
  '/CONTRIBUTING.md', '*.log', '*.cpuprofile',
);
project.npmignore?.include('/runtime/package.json', '/runtime/Dockerfile', '/runtime/dist/');
// It is of one version of Node.js: that of the image, which makes its own.
project.npmignore?.exclude('/runtime/dist/*.cache');

project.preCompileTask.exec('node tools/bundle.mjs');
project.postCompileTask.prependExec('node tools/bundle-library.mjs');
project.testTask.exec('tsc --noEmit -p test');
project.testTask.exec('tsc --noEmit -p runtime');

const eslint = project.eslint;
eslint?.addRules({
  '@stylistic/max-len': ['error', { code: 100 }],
  'no-bitwise': 'off', // Hashes, varints and flags are what this project is made of.
  '@typescript-eslint/member-ordering': 'off', // Order by story: what a reader needs first.
  'import/no-restricted-paths': ['error', { zones: floors() }],
  'import/no-extraneous-dependencies': ['error', {
    devDependencies: [
      '**/test/**', '**/*.test.ts', 'runtime/testing/**', 'runtime/bench/**', 'runtime/fuzz/**',
      'examples/**', 'runtime/local-cluster/**', '.projenrc.ts', 'projenrc/**',
    ],
    optionalDependencies: false,
    peerDependencies: true,
    packageDir: ['.', 'runtime'],
  }],
});

for (const folder of ['examples', 'runtime']) {
  new JsonFile(project, `${folder}/tsconfig.json`, {
    marker: false,
    allowComments: true,
    obj: {
      extends: '../tsconfig.json',
      compilerOptions: {
        rootDir: '..',
        noEmit: true,
        declaration: false,
        inlineSourceMap: false,
        inlineSources: false,
        stripInternal: true,
        isolatedModules: true,
      },
      include: ['**/*.ts'],
      exclude: ['node_modules', 'dist'],
    },
  });
}

new YamlFile(project, 'cdk8s.yaml', {
  obj: {
    language: 'typescript',
    // The type check is `npm test`'s; without it a synth takes one second instead of five.
    app: 'npx ts-node -T examples/main.ts',
    // The CLI deletes its output folder, and its default is `dist`, where packages go.
    output: 'cdk8s.out',
  },
});

new TextFile(project, '.nvmrc', { lines: ['20'] });

project.synth();
