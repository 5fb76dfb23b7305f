import { healthAnswer } from './health-answer';
import type { HealthCheckSettings } from '../../config';

const SETTINGS: HealthCheckSettings = {
  endpoint: 'localhost:13133', path: '/', responseBody: undefined,
};
const SINCE = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe('the answer of health_check', () => {
  it('says since when the server is available', () => {
    expect(healthAnswer(SETTINGS, '/', { since: SINCE, uptime: 1200 })).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"status":"Server available","upSince":"2026-01-02T03:04:05.678Z","uptime":"1.2s"}',
    });
  });

  it('says that it is not available', () => {
    expect(healthAnswer(SETTINGS, '/', undefined)).toEqual({
      status: 503,
      headers: { 'content-type': 'application/json' },
      body: '{"status":"Server not available","upSince":"0001-01-01T00:00:00Z","uptime":""}',
    });
  });

  it.each([
    [0, '0s'],
    [0.25, '250µs'],
    [1.5, '1.5ms'],
    [999, '999ms'],
    [1000, '1s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [3_600_000, '1h0m0s'],
    [93_784_500, '26h3m4.5s'],
  ])('writes %d ms of uptime as Go does', (uptime, text) => {
    const { body } = healthAnswer(SETTINGS, '/', { since: SINCE, uptime });
    expect(JSON.parse(body)).toMatchObject({ uptime: text });
  });

  it.each([
    ['/', '/', 200],
    ['/', '/anything/else?verbose', 200],
    ['/health', '/health', 200],
    ['/health', '/health?verbose', 200],
    ['/health', '/', 404],
    ['/health', '/health/', 404],
    ['/health', '/healthy', 404],
    ['/health/', '/health/live', 200],
    ['/health/', '/health', 301],
  ])('on path %s answers %s with %i', (path, url, status) => {
    const answer = healthAnswer({ ...SETTINGS, path }, url, { since: SINCE, uptime: 1 });
    expect(answer.status).toBe(status);
  });

  it('answers with the texts that are configured', () => {
    const settings = { ...SETTINGS, responseBody: { healthy: 'fine', unhealthy: 'ill' } };
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    expect(healthAnswer(settings, '/', { since: SINCE, uptime: 1 }))
      .toEqual({ status: 200, headers, body: 'fine' });
    expect(healthAnswer(settings, '/', undefined)).toEqual({ status: 503, headers, body: 'ill' });
  });
});
