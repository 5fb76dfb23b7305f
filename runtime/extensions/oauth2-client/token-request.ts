/** One request for a token: RFC 6749, section 4.4, or RFC 7523. */
import { readFile } from 'fs/promises';
import * as http from 'http';
import * as https from 'https';
import type { ConnectionOptions } from 'tls';
import { signedAssertion } from './assertion';
import { JWT_BEARER, type OAuth2ClientSettings } from '../../config';
import { messageOf } from '../../errors';
import { connectionFailure } from '../../net/tls-failure';

const MOST_ANSWER_BYTES = 1024 * 1024;

/** Where a server wants what is shown to it: in a header, or among the parameters. */
export type TokenStyle = 'header' | 'params';

/** What a server of tokens gave. */
export interface Token {
  /** What is shown. */
  readonly accessToken: string;
  /** The word before it. */
  readonly type: string;
  /** Milliseconds that it is good for; as long as one likes when absent. */
  readonly lifeMs?: number;
  /** How it was asked for. */
  readonly style: TokenStyle;
}

/**
 * Asks for a token in the style that was right before; at first, in both, as upstream does. `now`
 * is the time in milliseconds.
 *
 * @throws Error that says why there is none, without any part of the request.
 */
export async function fetchToken(
  settings: OAuth2ClientSettings, known: TokenStyle | undefined,
  tls: ConnectionOptions | undefined, signal: AbortSignal, now: number,
): Promise<Token> {
  const { clientId, clientIdFile, clientSecret, clientSecretFile, grantType } = settings;
  const id = await credential(clientId, clientIdFile, 'client_id_file');
  if (grantType === JWT_BEARER) return fetchByAssertion(settings, id, tls, signal, now);
  const secret = await credential(clientSecret, clientSecretFile, 'client_secret_file');
  const ask = async (style: TokenStyle): Promise<Token> => {
    const shown = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    const params: Record<string, string> = style === 'header'
      ? {} : { client_id: id, client_secret: secret };
    const { body, status } = await post(
      settings.tokenUrl, bodyOf(settings, 'client_credentials', params), tls, signal,
      style === 'header'
        ? { authorization: `Basic ${Buffer.from(shown).toString('base64')}` } : {});
    return { ...tokenOf(status, body), style };
  };
  if (known !== undefined) return ask(known);
  try {
    return await ask('header');
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return ask('params');
  }
}

async function fetchByAssertion(
  settings: OAuth2ClientSettings, id: string, tls: ConnectionOptions | undefined,
  signal: AbortSignal, now: number,
): Promise<Token> {
  const { clientCertificateKey, clientCertificateKeyFile, tokenUrl } = settings;
  const key = await credential(
    clientCertificateKey, clientCertificateKeyFile, 'client_certificate_key_file');
  const assertion = signedAssertion(settings, id, key, now);
  const { body, status } = await post(
    tokenUrl, bodyOf(settings, JWT_BEARER, { assertion }), tls, signal);
  return { ...tokenOf(status, body), style: 'params' };
}

/** The server answered, but gave no token. */
class RefusedError extends Error {}

async function credential(value: string, file: string, key: string): Promise<string> {
  if (file === '') return value;
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Error(`${key}: must name a file that can be read, got ${messageOf(error)}`);
  }
  if (text === '') throw new Error(`${key}: must not be empty`);
  return text;
}

function bodyOf(
  { endpointParams, scopes }: OAuth2ClientSettings, grant: string, params: Record<string, string>,
): string {
  const body = new URLSearchParams({ grant_type: grant, ...params });
  if (scopes.length > 0) body.set('scope', scopes.join(' '));
  for (const [name, given] of Object.entries(endpointParams)) {
    const values = typeof given === 'string' ? given.split(',') : given;
    body.delete(name);
    for (const value of values) body.append(name, value);
  }
  return body.toString();
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function post(
  url: string, body: string, tls: ConnectionOptions | undefined, signal: AbortSignal,
  headers: http.OutgoingHttpHeaders = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      ...tls,
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/x-www-form-urlencoded',
        'accept': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      signal,
      agent: false,
    };
    const request = (tls === undefined ? http : https).request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let received = 0;
      response.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > MOST_ANSWER_BYTES) {
          request.destroy(new Error(`an answer of more than ${MOST_ANSWER_BYTES} bytes`));
        };
        chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on('error', (error) => reject(new Error(connectionFailure(error))));
    request.end(body);
  });
}

function tokenOf(status: number, body: string): Omit<Token, 'style'> {
  const answer = parsed(body);
  if (status < 200 || status > 299) {
    // Only the code of RFC 6749: anything else that a server writes may repeat what it was given.
    const { error } = answer;
    const code = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? `: ${error}` : '';
    throw new RefusedError(`the server answers HTTP status ${status}${code}`);
  }
  const { access_token: accessToken, expires_in: seconds, token_type: type } = answer;
  if (typeof accessToken !== 'string' || accessToken === '') {
    throw new RefusedError('server response missing access_token');
  }
  const life = Number(seconds ?? 0);
  return {
    accessToken,
    type: typeof type === 'string' && type !== '' && !/^bearer$/i.test(type) ? type : 'Bearer',
    ...life > 0 && { lifeMs: life * 1000 },
  };
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
