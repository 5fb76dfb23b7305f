/** Vouches by a token: shows it with what is sent, and asks for it in what is received. */
import { createHash, timingSafeEqual } from 'crypto';
import type { IncomingHttpHeaders } from 'http';
import type { ComponentContext, Extension } from '../../component';
import type { BearerTokenAuthSettings } from '../../config';
import {
  unauthenticated, type ClientAuthenticator, type Credentials, type Refusal,
  type ServerAuthenticator,
} from '../../net/authentication';
import { WatchedFile } from '../../net/watched-file';

/** The extension, on both sides. */
export interface BearerTokenAuth extends Extension, ServerAuthenticator, ClientAuthenticator {}

/** Makes the extension `bearertokenauth`. */
export function createBearerTokenAuthExtension(
  settings: BearerTokenAuthSettings, context: ComponentContext,
): BearerTokenAuth {
  return new BearerToken(settings, context);
}

class BearerToken implements BearerTokenAuth {
  public readonly needsTls = true;
  private readonly file?: WatchedFile;
  private readonly header: string;
  private shown: Credentials = [];
  private expected: readonly Buffer[] = [];

  public constructor(
    private readonly settings: BearerTokenAuthSettings, private readonly context: ComponentContext,
  ) {
    const { filename, header, token = '', tokens } = settings;
    this.header = header.toLowerCase();
    if (tokens.length > 0 || filename === '') {
      this.use(tokens.length > 0 ? tokens : [token]);
    } else {
      this.file = new WatchedFile(filename, 'filename', context, (text) => this.read(text));
    }
  }

  public start(): Promise<void> {
    const { filename, token = '', tokens } = this.settings;
    if (filename !== '' && tokens.length > 0) {
      this.context.log.warn('filename has no effect beside tokens.');
    } else if (filename !== '' && token !== '') {
      this.context.log.warn('token has no effect beside filename.');
    }
    if (this.file !== undefined) this.read(this.file.open());
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    this.file?.close();
    return Promise.resolve();
  }

  public authenticate(headers: IncomingHttpHeaders): Refusal {
    const given = headers[this.header];
    const value = Array.isArray(given) ? given[0] : given;
    if (value === undefined) {
      return unauthenticated(`missing or empty authorization header: ${this.settings.header}`);
    }
    const digest = digestOf(value);
    let isKnown = false;
    // All are compared, so that the time tells nothing of which of them is like the given one.
    for (const expected of this.expected) isKnown = timingSafeEqual(expected, digest) || isKnown;
    return isKnown ? undefined
      : unauthenticated('provided authorization does not match expected scheme or token');
  }

  public credentials(): Credentials {
    return this.shown;
  }

  /** Each line holds a token, and after a space whatever tells people what it is for. */
  private read(text: string): void {
    const tokens = text.split('\n').map((line) => line.trim().split(/\s+/)[0])
      .filter((token) => token !== '');
    if (tokens.length === 0) {
      this.context.log.error('filename: must hold a token, got none; requests are not let in.');
    }
    this.use(tokens);
  }

  private use(tokens: readonly string[]): void {
    const { scheme } = this.settings;
    const values = tokens.map((token) => scheme === '' ? token : `${scheme} ${token}`);
    this.expected = values.map(digestOf);
    this.shown = [{ action: 'upsert', name: this.header, value: values[0] ?? '' }];
  }
}

/** Of one length whatever the text, as a comparison in constant time needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
