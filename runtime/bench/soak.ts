/**
 * `npm run soak`: a sampler under a steady load; memory quarter by quarter. Exits 1 when a request
 * was refused, or when memory grew in the last quarter.
 */
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { benchRequest } from './request';
import { SpanIndex } from '../otlp/span-index';
import { CollectorProcess, freePorts, get, until } from '../testing/collector-process';
import { numberVariable } from '../testing/number-variable';

const SPANS = 100;
const SPANS_PER_TRACE = 10;
const REQUESTS_PER_SECOND = 100;
const TICK_MS = 10;
const SAMPLE_MS = 1000;
const PAGE = 4096;
const MIB = 1_048_576;
/** Growth of memory between two quarters that is no growth. */
const NOISE = 1.05;

interface Answers {
  sent: number;
  accepted: number;
  others: number;
}

/** A backend that takes everything. */
function takesAll(): http.Server {
  return http.createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  }).listen(0, '127.0.0.1');
}

function config(otlp: number, health: number, backend: number): string {
  return JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
    processors: {
      tail_sampling: {
        decision_wait: '10s',
        policies: [
          { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
          { name: 'slow', type: 'latency', latency: { threshold_ms: 5000 } },
          { name: 'tenth', type: 'probabilistic', probabilistic: { sampling_percentage: 10 } },
        ],
      },
    },
    exporters: { otlp_http: { endpoint: `http://127.0.0.1:${backend}`, compression: 'none' } },
    extensions: { health_check: { endpoint: `127.0.0.1:${health}` } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['tail_sampling'], exporters: ['otlp_http'] },
      },
    },
  });
}

/** Requests whose traces end in the next one: each brings halves of old ones and of new ones. */
class Requests {
  private readonly template = Buffer.from(benchRequest(SPANS));
  private readonly idAt: readonly number[];
  private made = 0;

  public constructor() {
    const index = new SpanIndex();
    index.read(this.template);
    this.idAt = [...index.traceIdAt.subarray(0, SPANS)];
  }

  public next(): Buffer {
    const bytes = Buffer.from(this.template);
    const traces = SPANS / SPANS_PER_TRACE;
    this.idAt.forEach((at, span) => {
      const trace = this.made * traces + span % (2 * traces);
      bytes.writeUInt32LE(Math.imul(trace, 0x9e37_79b1) >>> 0, at);
      bytes.writeUInt32LE(trace >>> 0, at + 4);
      bytes.writeUInt32LE(Math.imul(trace, 0x85eb_ca77) >>> 0, at + 8);
      bytes.writeUInt32LE(Math.imul(trace, 0xc2b2_ae3d) >>> 0, at + 12);
    });
    this.made += 1;
    return bytes;
  }
}

async function send(port: number, agent: http.Agent, body: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    http.request({
      host: '127.0.0.1',
      port,
      path: '/v1/traces',
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length },
    }, (response) => resolve(response.resume().statusCode === 200))
      .on('error', () => resolve(false)).end(body);
  });
}

async function load(port: number, seconds: number, answers: Answers): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const requests = new Requests();
  const began = performance.now();
  const waiting = new Set<Promise<void>>();
  for (let passed = 0; passed < seconds; passed = (performance.now() - began) / 1000) {
    for (; answers.sent < REQUESTS_PER_SECOND * passed; answers.sent += 1) {
      const one = send(port, agent, requests.next()).then((isTaken) => {
        answers[isTaken ? 'accepted' : 'others'] += 1;
        waiting.delete(one);
      });
      waiting.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(waiting);
  agent.destroy();
}

function rssOf(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return Math.round(Number(pages) * PAGE / MIB);
}

async function main(): Promise<number> {
  const seconds = 60 * numberVariable('SOAK_MINUTES', 30);
  const backend = takesAll();
  await new Promise((resolve) => backend.once('listening', resolve));
  const [otlp, health] = await freePorts(2);
  const { port } = backend.address() as AddressInfo;
  const collector = new CollectorProcess(
    ['run', '--config', `yaml:${config(otlp, health, port)}`]);
  await until('readiness', async () => (await get(health)).status === 200);
  const rssMib: number[] = [];
  const sampling = setInterval(() => rssMib.push(rssOf(collector.pid)), SAMPLE_MS);
  const answers: Answers = { sent: 0, accepted: 0, others: 0 };
  await load(otlp, seconds, answers);
  clearInterval(sampling);
  collector.signal('SIGTERM');
  const { code } = await collector.ended;
  backend.closeAllConnections();
  backend.close();
  const quarters = [0, 1, 2, 3].map((quarter) => rssMib.slice(
    Math.floor(rssMib.length * quarter / 4), Math.floor(rssMib.length * (quarter + 1) / 4)));
  console.log(`${seconds} s; ${answers.sent} requests of ${SPANS} spans, accepted ${
    answers.accepted}, others ${answers.others}, exit code ${code}`);
  const highest = quarters.map((samples) => Math.max(...samples));
  quarters.forEach((samples, quarter) => console.log(
    `quarter ${quarter + 1}: RSS in MiB from ${Math.min(...samples)} to ${highest[quarter]}`));
  const isFlat = highest[3] <= highest[2] * NOISE;
  const isKept = isFlat && answers.others === 0 && code === 0;
  console.log(isKept ? 'ok' : 'FAIL');
  return isKept ? 0 : 1;
}

void main().then((code) => { process.exitCode = code; });
