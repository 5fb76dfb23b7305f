/**
 * How components find the extensions that vouch for them, and what those can do: let in what is
 * received, and add credentials to what is sent.
 */
import type { IncomingHttpHeaders } from 'http';
import type { ComponentContext } from '../component';
import { messageOf } from '../errors';
import { Code, type Status } from './status';
import type { ClientMetadata } from '../pipeline/client-metadata';

/** What servers and clients need of their component's context. */
export type NetContext =
  Pick<ComponentContext, 'calls' | 'clock' | 'log' | 'extension' | 'http2' | 'spans'>;

/** Why a request is not let in; undefined when it is. */
export type Refusal = Status | undefined;

/** Lets requests in. */
export interface ServerAuthenticator {
  /** Looks at the headers of a request, whose names are lower-case; nothing else has been read. */
  authenticate(headers: IncomingHttpHeaders): Refusal | Promise<Refusal>;
}

/** What is done to one header of a request. */
export interface HeaderChange {
  /** Insert where it is missing, update where it is there, upsert in both cases, or delete. */
  readonly action: 'insert' | 'update' | 'upsert' | 'delete';
  /** Its name in lower case. */
  readonly name: string;
  /** Its value; of no meaning when it is deleted. */
  readonly value: string;
}

/** What is done to the headers of a request, in this order. */
export type Credentials = readonly HeaderChange[];

/** Adds credentials to requests. */
export interface ClientAuthenticator {
  /** Whether its credentials must not be sent as plain text over gRPC. */
  readonly needsTls: boolean;
  /**
   * The credentials now, for what came with `metadata`: the same object for as long as nothing has
   * changed, and a promise only while they have to be waited for. It fails when there are none.
   */
  credentials(metadata?: ClientMetadata): Credentials | Promise<Credentials>;
}

/** A refusal of who did not show what is asked for. */
export function unauthenticated(message: string): Status {
  return { code: Code.unauthenticated, message };
}

/**
 * The extension that lets a server's requests in, if its settings name one.
 *
 * @throws Error when it is none.
 */
export function serverAuthenticator(
  auth: { readonly authenticator: string } | undefined, context: NetContext,
): ServerAuthenticator | undefined {
  if (auth === undefined) return undefined;
  const found = extensionOf(auth.authenticator, 'auth.authenticator', context);
  if (isServerAuthenticator(found)) return found;
  throw notAble('auth.authenticator', 'lets requests in', auth.authenticator);
}

/**
 * The extension that adds credentials to a client's requests, if its settings name one.
 *
 * @throws Error when it is none, or when its credentials need the TLS that the client lacks.
 */
export function clientAuthenticator(
  auth: { readonly authenticator: string } | undefined, context: NetContext, isSafe: boolean,
): ClientAuthenticator | undefined {
  if (auth === undefined) return undefined;
  const found = clientAuthenticatorNamed(auth.authenticator, 'auth.authenticator', context);
  if (isSafe || !found.needsTls) return found;
  throw new Error(`auth.authenticator: must not show credentials of "${auth.authenticator}" as`
    + ' plain text, got no TLS');
}

/**
 * The extension with this id that adds credentials; `key` is where it is named.
 *
 * @throws Error when it is none.
 */
export function clientAuthenticatorNamed(
  id: string, key: string, context: NetContext,
): ClientAuthenticator {
  const found = extensionOf(id, key, context);
  if (isClientAuthenticator(found)) return found;
  throw notAble(key, 'adds credentials to requests', id);
}

/** Asks `authenticator`, and goes on with what it says. */
export function askToLetIn(
  authenticator: ServerAuthenticator | undefined, headers: IncomingHttpHeaders,
  goOn: (refusal: Refusal) => void,
): void {
  const answer = authenticator?.authenticate(headers);
  if (!(answer instanceof Promise)) {
    goOn(answer);
    return;
  }
  answer.then(goOn, (error: unknown) => {
    goOn({ code: Code.unavailable, message: messageOf(error) });
  });
}

/** The headers that come of `headers`, whose names are lower-case. */
export function withCredentials(
  headers: Readonly<Record<string, string>>, credentials: Credentials,
): Record<string, string> {
  const changed = { ...headers };
  for (const { action, name, value } of credentials) {
    const isThere = Object.hasOwn(changed, name);
    if (action === 'delete') delete changed[name];
    else if (action === 'upsert' || isThere === (action === 'update')) changed[name] = value;
  }
  return changed;
}

function extensionOf(id: string, key: string, context: NetContext): object {
  const found = context.extension(id);
  if (found !== undefined) return found;
  throw new Error(`${key}: must name an extension that service.extensions names, got "${id}"`);
}

function isServerAuthenticator(extension: object): extension is ServerAuthenticator {
  return 'authenticate' in extension;
}

function isClientAuthenticator(extension: object): extension is ClientAuthenticator {
  return 'credentials' in extension;
}

function notAble(key: string, what: string, id: string): Error {
  return new Error(`${key}: must name an extension that ${what}, got "${id}"`);
}
