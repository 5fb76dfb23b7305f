/** The same request over HTTP/1.1 and HTTP/2, by the clients of Node.js. */
import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';

/** A request. */
export interface CarriedRequest {
  /** Port of 127.0.0.1. */
  readonly port: number;
  /** Its method; POST unless given. */
  readonly method?: string;
  /** What is asked for. */
  readonly path: string;
  /** Its headers. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Its body. */
  readonly body?: Uint8Array;
  /** Whom to trust over TLS. */
  readonly ca?: string;
}

/** Its answer. */
export interface CarriedAnswer {
  /** Status. */
  readonly status: number;
  /** Headers by names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Body. */
  readonly body: Buffer;
}

/** A way to carry requests. */
export interface HttpCarrier {
  /** Whether it is one over TLS. */
  readonly isSecure: boolean;
  /** Whether it is HTTP/2. */
  readonly isHttp2: boolean;
  /** Sends a request on a connection of its own. */
  send(request: CarriedRequest): Promise<CarriedAnswer>;
}

function overHttp1(isSecure: boolean): HttpCarrier {
  const send = ({ body, ca, method = 'POST', ...rest }: CarriedRequest) =>
    new Promise<CarriedAnswer>((resolve, reject) => {
      const options = { host: '127.0.0.1', method, ca, agent: false as const, ...rest };
      const request = (isSecure ? https : http).request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }));
      });
      request.on('error', reject);
      request.end(body);
    });
  return { isSecure, isHttp2: false, send };
}

function overHttp2(isSecure: boolean): HttpCarrier {
  const send = ({ body, ca, headers, method = 'POST', path, port }: CarriedRequest) =>
    new Promise<CarriedAnswer>((resolve, reject) => {
      const origin = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`;
      const session = http2.connect(origin, { ca });
      session.on('error', reject);
      const stream = session.request({ ':method': method, ':path': path, ...headers });
      const chunks: Buffer[] = [];
      let seen: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
      stream.on('response', (found) => { seen = found; });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        session.close();
        const { ':status': status = 0, ...rest } = seen;
        resolve({ status, headers: rest, body: Buffer.concat(chunks) });
      });
      stream.end(body);
    });
  return { isSecure, isHttp2: true, send };
}

/** All ways, by their names. */
export const HTTP_CARRIERS: readonly (readonly [name: string, carrier: HttpCarrier])[] = [
  ['HTTP/1.1', overHttp1(false)],
  ['HTTP/1.1 over TLS', overHttp1(true)],
  ['HTTP/2 in plain text', overHttp2(false)],
  ['HTTP/2 over TLS', overHttp2(true)],
];
