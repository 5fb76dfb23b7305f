import type { Container } from './kubernetes';
import { collectorArguments, configPaths } from './played-container';

describe('a container', () => {
  test.each([
    ['of our own image', { args: ['run', '--config', '/c.yaml'] }, ['run', '--config', '/c.yaml']],
    ['that names our program', { command: ['/bin/otelgw'], args: ['run', '--config=/c.yaml'] },
      ['run', '--config=/c.yaml']],
    ['of an upstream image', { args: ['--config=/c.yaml'] }, ['run', '--config=/c.yaml']],
    ['that names an upstream program', { command: ['/otelcol-contrib', '--config=/c.yaml'] },
      ['run', '--config=/c.yaml']],
    ['that is no collector', { command: ['nginx'], args: ['-c', 'nginx.conf'] }, undefined],
    ['without arguments', {}, undefined],
  ])('%s is started accordingly', (_what, container, args) => {
    expect(collectorArguments({ name: 'main', ...container } as Container)).toEqual(args);
  });

  test.each([
    [['run', '--config', '/a', '--config=file:/b'], ['/a', '/b']],
    [['run'], []],
  ])('started with %j reads %j', (args, paths) => {
    expect(configPaths(args)).toEqual(paths);
  });
});
