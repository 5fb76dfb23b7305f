/**
 * A collector under twice the load that its backend takes: what happens to every request, and to
 * the memory of the process. The collector is a real process, and so are both protocols.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import { Client, credentials } from '@grpc/grpc-js';
import { CollectorProcess, freePorts, get, until } from './collector-process';
import { encodeForeign } from './foreign-otlp';

const SPANS = 100;
const CONSUMERS = 2;
const QUEUE = 20;
/** How long the backend takes for a request. */
const DELAY_MS = 20;
const TICK_MS = 10;
const SAMPLE_MS = 250;
const PAGE = 4096;
const MIB = 1_048_576;
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const UNAVAILABLE = 14;

/** What was seen. */
export interface OverloadResult {
  /** Requests a second that the backend takes at most. */
  readonly sustainable: number;
  /** Requests that were sent, and how many a second that were. */
  readonly sent: number;
  /** Requests a second that were sent. */
  readonly rate: number;
  /** Requests that were answered with success. */
  readonly accepted: number;
  /** Requests that were refused with a status that asks to try again. */
  readonly refused: number;
  /** Other answers, each with how often it was given. */
  readonly others: Readonly<Record<string, number>>;
  /** Requests that were answered with success and never reached the backend. */
  readonly lost: number;
  /** Resident memory in MiB, sampled four times a second. */
  readonly rssMib: readonly number[];
  /** Exit code of the collector. */
  readonly exitCode: number | null;
}

/** Loads a collector for so many seconds. */
export async function overload(seconds: number): Promise<OverloadResult> {
  const backend = new SlowBackend();
  const [grpc, plain, health] = await freePorts(3);
  const port = await backend.listening();
  const collector = new CollectorProcess(
    ['run', '--config', `yaml:${config({ grpc, plain, health, port })}`]);
  await until('readiness', async () => (await get(health)).status === 200);
  const rssMib: number[] = [];
  const sampling = setInterval(() => rssMib.push(rssOf(collector.pid)), SAMPLE_MS);
  const load = new Load(grpc, plain);
  const sustainable = CONSUMERS * 1000 / DELAY_MS;
  await load.run(2 * sustainable, seconds);
  clearInterval(sampling);
  collector.signal('SIGTERM');
  const { code } = await collector.ended;
  await backend.stop();
  const { accepted, others, refused, sent } = load;
  const lost = [...accepted].filter((name) => !backend.arrived.has(name)).length;
  return {
    sustainable,
    sent,
    rate: sent / seconds,
    accepted: accepted.size,
    refused,
    others: Object.fromEntries(others),
    lost,
    rssMib,
    exitCode: code,
  };
}

function config(
  { grpc, plain, health, port }: Readonly<Record<'grpc' | 'plain' | 'health' | 'port', number>>,
): string {
  const queue = { num_consumers: CONSUMERS, queue_size: QUEUE };
  return JSON.stringify({
    receivers: {
      otlp: {
        protocols: {
          grpc: { endpoint: `127.0.0.1:${grpc}` }, http: { endpoint: `127.0.0.1:${plain}` },
        },
      },
    },
    exporters: {
      otlp_http: {
        endpoint: `http://127.0.0.1:${port}`, compression: 'none', sending_queue: queue,
      },
    },
    extensions: { health_check: { endpoint: `127.0.0.1:${health}` } },
    service: {
      extensions: ['health_check'],
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_http'] } },
    },
  });
}

/** Answers after a while; writes its port, and then where in a request the name of each stands. */
const BACKEND = `
  const [delay, from, to] = process.argv.slice(1).map(Number);
  const server = require('node:http').createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => setTimeout(() => {
      process.stdout.write(Buffer.concat(chunks).toString('latin1', from, to) + '\\n');
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    }, delay));
  });
  server.listen(0, '127.0.0.1', () => process.stdout.write(server.address().port + '\\n'));
`;

/** A backend of its own process: one in that of the load would be as slow as that is busy. */
class SlowBackend {
  /** What arrived, by name. */
  public readonly arrived = new Set<string>();
  private readonly child: ChildProcess;
  private rest = '';
  private port?: number;

  public constructor() {
    const span = [DELAY_MS, NAME_AT, NAME_AT + nameOf(0).length].map(String);
    this.child = spawn(process.execPath, ['-e', BACKEND, ...span], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.read(text));
  }

  public async listening(): Promise<number> {
    await until('the backend', () => this.port !== undefined);
    return this.port ?? 0;
  }

  /** Ends it; all that it wrote is read then. */
  public async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill();
    await closed;
  }

  private read(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (this.port === undefined) this.port = Number(line); else this.arrived.add(line);
    }
  }
}

/** Sends requests at a pace, half of them over each protocol, whatever becomes of them. */
class Load {
  public readonly accepted = new Set<string>();
  public readonly others = new Map<string, number>();
  public refused = 0;
  public sent = 0;
  private readonly client: Client;
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 50 });
  private readonly answers: Promise<void>[] = [];

  public constructor(grpc: number, private readonly plain: number) {
    this.client = new Client(`127.0.0.1:${grpc}`, credentials.createInsecure());
  }

  public async run(rate: number, seconds: number): Promise<void> {
    const began = performance.now();
    const all = rate * seconds;
    while (this.sent < all && performance.now() - began < seconds * 1000) {
      const due = Math.min(all, rate * (performance.now() - began) / 1000);
      while (this.sent < due) this.answers.push(this.send(this.sent++));
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    await Promise.all(this.answers);
    this.client.close();
    this.agent.destroy();
  }

  private async send(number: number): Promise<void> {
    const name = nameOf(number);
    const body = requestOf(name);
    const status = number % 2 === 0 ? await this.overGrpc(body) : await this.overHttp(body);
    if (status === 'ok') this.accepted.add(name);
    else if (status === 'later') this.refused++;
    else this.others.set(status, (this.others.get(status) ?? 0) + 1);
  }

  private overGrpc(body: Buffer): Promise<string> {
    const same = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve) => {
      this.client.makeUnaryRequest(METHOD, same, same, body, (error) => {
        if (error === null) resolve('ok');
        else resolve(error.code === UNAVAILABLE ? 'later' : `gRPC ${error.code}`);
      });
    });
  }

  private overHttp(body: Buffer): Promise<string> {
    return new Promise((resolve) => {
      const request = http.request({
        host: '127.0.0.1',
        port: this.plain,
        path: '/v1/traces',
        method: 'POST',
        agent: this.agent,
        headers: { 'content-type': 'application/x-protobuf', 'content-length': body.length },
      }, (response) => {
        const { statusCode = 0 } = response.resume();
        if (statusCode === 200) resolve('ok');
        else resolve(statusCode === 503 ? 'later' : `HTTP ${statusCode}`);
      });
      request.on('error', (error) => resolve(`HTTP ${error.message}`));
      request.end(body);
    });
  }
}

const FILLER = Array.from({ length: 8 }, (_, i) => (
  { key: `attribute.${i}`, value: { string_value: 'a value of ordinary length' } }));
const REST = Array.from({ length: SPANS - 1 }, (_, i) => (
  { name: `span ${i}`, attributes: FILLER }));

const TEMPLATE = Buffer.from(encodeForeign('traces', {
  resource_spans: [{
    scope_spans: [{ spans: [{ name: nameOf(0), attributes: FILLER }, ...REST] }],
  }],
}));
const NAME_AT = TEMPLATE.indexOf(nameOf(0));

/** Names are equally long, so that one request becomes another by writing its name. */
function nameOf(number: number): string {
  return `request ${String(number).padStart(8, '0')}`;
}

function requestOf(name: string): Buffer {
  const request = Buffer.from(TEMPLATE);
  request.write(name, NAME_AT);
  return request;
}

function rssOf(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return Math.round(Number(pages) * PAGE / MIB);
}
