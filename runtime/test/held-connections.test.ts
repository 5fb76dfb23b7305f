/** Ten thousand clients that keep their connections do not stand in the way of one more. */
import { execFileSync, spawn, type ChildProcess } from 'child_process';
import { once } from 'events';
import { join } from 'path';
import { pathToFileURL } from 'url';
import { HTTP_CARRIERS } from '../testing/http-carriers';
import { loopbackExporter, loopbackReceiver } from '../testing/otlp-loopback';
import { bytesOf, samplePayload } from '../testing/sample-payload';

const CONNECTIONS = 10_000;
/** Files that a process of this test needs besides. */
const OTHER_FILES = 500;

function openFilesLimit(): number {
  if (process.platform === 'win32') return 0;
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Infinity : Number(limit);
}

const limit = openFilesLimit();
const isEnough = limit >= CONNECTIONS + OTHER_FILES;
const title = `while ${CONNECTIONS} connections are held, requests pass over each protocol${
  isEnough ? '' : ` (left out: only ${limit} files may be open, see ulimit -n)`}`;

let client: ChildProcess | undefined;

afterEach(() => client?.kill('SIGKILL'));

(isEnough ? test : test.skip)(title, async () => {
  const { consumers, receiver } = loopbackReceiver({}, { keepalive: { idle_timeout: '10m' } });
  await receiver.start();
  const { grpc = 0, http = 0 } = receiver.ports;
  client = spawn(process.execPath, [
    '--import', pathToFileURL(require.resolve('tsx')).href,
    join(__dirname, 'fixtures/held-client.ts'), String(CONNECTIONS), String(grpc), String(http),
  ], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [word] = await Promise.race([
    once(client, 'message'), once(client, 'exit').then(() => ['it ended']),
  ]);
  expect(word).toBe('held');

  const body = Buffer.from(bytesOf([samplePayload('traces', 1)]));
  const headers = { 'content-type': 'application/x-protobuf' };
  for (const [, carrier] of HTTP_CARRIERS.filter(([, { isSecure }]) => !isSecure)) {
    const { status } = await carrier.send({ port: http, path: '/v1/traces', headers, body });
    expect(status).toBe(200);
  }
  const { exporter } = loopbackExporter('otlp_grpc', { endpoint: `127.0.0.1:${grpc}` });
  await exporter.start();
  await exporter.consume(samplePayload('traces', 1));
  await exporter.stop();
  expect(consumers.traces.calls).toBe(3);

  client.send('how many?');
  expect(await once(client, 'message')).toEqual([CONNECTIONS, undefined]);
  client.disconnect();
  await once(client, 'exit');
  await receiver.stop();
}, 120_000);
