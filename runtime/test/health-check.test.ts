import { readFileSync } from 'node:fs';
import * as https from 'node:https';
import { healthCheckExtension, type HealthCheckSettings } from '../config';
import { createHealthCheckExtension } from '../extensions/health-check/health-check';
import { componentContext } from '../testing/component-context';
import { componentSuite } from '../testing/component-suite';
import { makeTestCertificates } from '../testing/test-certificates';

const SETTINGS: HealthCheckSettings = {
  endpoint: '127.0.0.1:0', path: '/', responseBody: undefined,
};

componentSuite('health_check', {
  kind: 'extension',
  make: () => {
    const context = componentContext('health_check');
    return { component: createHealthCheckExtension(SETTINGS, context), clock: context.clock };
  },
});

describe('health_check over TLS', () => {
  it('shows its certificate, and speaks to nobody without TLS', async () => {
    const certificates = makeTestCertificates();
    const { certFile, keyFile } = certificates.server;
    const { settings } = healthCheckExtension.read({
      endpoint: '127.0.0.1:0', tls: { cert_file: certFile, key_file: keyFile },
    });
    const extension = createHealthCheckExtension(settings!, componentContext('health_check'));
    await extension.start();
    try {
      const status = await new Promise((resolve, reject) => {
        https.get({
          host: '127.0.0.1',
          port: extension.port,
          servername: 'localhost',
          ca: readFileSync(certificates.caFile),
        }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
      });
      expect(status).toBe(503);
      await expect(fetch(`http://127.0.0.1:${extension.port}/`)).rejects.toThrow('fetch failed');
    } finally {
      await extension.stop();
      certificates.remove();
    }
  });
});

it('health_check warns of what has no effect, and refuses the second version', () => {
  const { problems, warnings } = healthCheckExtension.read({
    check_collector_pipeline: { enabled: true }, use_v2: true,
  }, ['health_check']);
  expect(problems.map(({ path }) => path)).toEqual(['health_check.use_v2']);
  expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'health_check.check_collector_pipeline: has no effect in this runtime: exporters are not looked'
      + ' at, as by upstream',
  ]);
});

describe('health_check over HTTP', () => {
  it('answers 503, then 200 while the collector is ready, then 503', async () => {
    const { clock, ...rest } = componentContext('health_check');
    const extension = createHealthCheckExtension(SETTINGS, { clock, ...rest });
    await extension.start();
    const get = async (method: string): Promise<[number, string]> => {
      const answer = await fetch(`http://127.0.0.1:${extension.port}/any`, { method });
      return [answer.status, await answer.text()];
    };
    try {
      expect((await get('GET'))[0]).toBe(503);
      extension.ready?.();
      await clock.advance(61_500);
      expect(await get('GET')).toEqual([200,
        '{"status":"Server available","upSince":"2001-09-09T01:46:40.000Z","uptime":"1m1.5s"}']);
      expect((await get('DELETE'))[0]).toBe(200);
      extension.notReady?.();
      expect(await get('GET')).toEqual([503,
        '{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""}']);
    } finally {
      await extension.stop();
    }
  });

  it('says which endpoint cannot be had', async () => {
    const first = createHealthCheckExtension(SETTINGS, componentContext('health_check'));
    await first.start();
    const endpoint = `127.0.0.1:${first.port}`;
    const second = createHealthCheckExtension(
      { ...SETTINGS, endpoint }, componentContext('health_check/2'));
    try {
      await expect(second.start()).rejects.toThrow(
        `endpoint ${endpoint}: must be an address of this machine that is free, got `);
    } finally {
      await first.stop();
    }
  });
});
