/** A server that speaks Cloud Map's JSON and knows one key. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sign } from 'aws4';

/** A key that may ask. */
export const CLOUD_MAP_KEY = {
  accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI', sessionToken: 'st',
};

/** What Cloud Map answers in place of its instances. */
export type CloudMapAnswer = { readonly status: number; readonly body: string } | 'silence';

/** Cloud Map, with `instances` in it. */
export class CloudMapServer {
  /** Bodies of all requests. */
  public readonly asked: object[] = [];
  /** Whether each was signed with the key, for the region eu-central-1. */
  public readonly signed: boolean[] = [];
  /** Attributes of what it knows. */
  public instances: Record<string, string>[] = [];
  /** What it answers instead. */
  public answer?: CloudMapAnswer;
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      this.asked.push(JSON.parse(body) as object);
      this.signed.push(isSigned(request, body));
      if (this.answer === 'silence') return;
      const { status, body: text } = this.answer ?? {
        status: 200,
        body: JSON.stringify({
          Instances: this.instances.map((Attributes, index) => ({
            InstanceId: `i-${index}`,
            NamespaceName: 'telemetry',
            ServiceName: 'sampler',
            HealthStatus: 'HEALTHY',
            Attributes,
          })),
          InstancesRevision: 3,
        }),
      };
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(text);
    });
  });

  /** Listens on an address of this machine; its URL. */
  public async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends it. */
  public async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Signs what came with another library, and compares. */
function isSigned(request: IncomingMessage, body: string): boolean {
  const given = String(request.headers.authorization);
  const names = /SignedHeaders=([^,]+)/.exec(given)?.[1].split(';') ?? [];
  const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]));
  const { headers: own = {} } = sign({
    service: 'servicediscovery',
    region: 'eu-central-1',
    method: request.method,
    path: request.url,
    host: request.headers.host,
    headers,
    body,
  }, CLOUD_MAP_KEY);
  const signatureOf = (text: string) => /Signature=(\w+)/.exec(text)?.[1];
  return request.headers['x-amz-target'] === 'Route53AutoNaming_v20170314.DiscoverInstances'
    && given.includes(`Credential=${CLOUD_MAP_KEY.accessKeyId}/`)
    && given.includes('/eu-central-1/servicediscovery/aws4_request')
    && signatureOf(String(own.Authorization)) === signatureOf(given);
}
