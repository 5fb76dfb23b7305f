/** Vouches by a name and a password: shows them with what is sent, or asks for them. */
import type { IncomingHttpHeaders } from 'http';
import { Htpasswd } from './htpasswd';
import type { ComponentContext, Extension } from '../../component';
import type { BasicAuthSettings } from '../../config';
import {
  unauthenticated, type ClientAuthenticator, type Credentials, type Refusal,
  type ServerAuthenticator,
} from '../../net/authentication';
import { WatchedFile } from '../../net/watched-file';

/** Makes the extension `basicauth`. */
export function createBasicAuthExtension(
  settings: BasicAuthSettings, context: ComponentContext,
): Extension & (ServerAuthenticator | ClientAuthenticator) {
  const { clientAuth, htpasswd } = settings;
  return htpasswd === undefined
    ? new BasicAuthClient(clientAuth, context)
    : new BasicAuthServer(htpasswd, context);
}

class BasicAuthServer implements Extension, ServerAuthenticator {
  private readonly users = new Htpasswd();
  private readonly file?: WatchedFile;

  public constructor(
    private readonly settings: NonNullable<BasicAuthSettings['htpasswd']>,
    private readonly context: ComponentContext,
  ) {
    if (settings.file !== '') {
      this.file = new WatchedFile(
        settings.file, 'htpasswd.file', context, (text) => this.read(text));
    }
  }

  public start(): Promise<void> {
    this.read(this.file?.open() ?? '');
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    this.file?.close();
    return Promise.resolve();
  }

  public authenticate({ authorization }: IncomingHttpHeaders): Refusal | Promise<Refusal> {
    if (authorization === undefined) return unauthenticated('no basic auth provided');
    if (!/^basic /i.test(authorization)) {
      return unauthenticated('invalid authorization scheme prefix');
    }
    const decoded = decodeBase64(authorization.slice('basic '.length));
    const colon = decoded?.indexOf(':') ?? -1;
    if (decoded === undefined || colon < 0) {
      return unauthenticated('invalid authorization format');
    }
    const answer = this.users.matches(decoded.slice(0, colon), decoded.slice(colon + 1));
    return answer instanceof Promise ? answer.then(refusalOf) : refusalOf(answer);
  }

  /** Lines of the text are the last ones, and win over those of the file. */
  private read(text: string): void {
    const unusable = this.users.replace(`${text}\n${this.settings.inline}`);
    if (unusable > 0) {
      this.context.log.warn('htpasswd: lines without user, or with a hash of a kind that is not'
        + ' known or broken, let nobody in.', { lines: unusable });
    }
  }
}

class BasicAuthClient implements Extension, ClientAuthenticator {
  public readonly needsTls = true;
  private readonly files: WatchedFile[] = [];
  private username: string;
  private password: string;
  private shown: Credentials = [];
  private readonly usernameFile?: WatchedFile;
  private readonly passwordFile?: WatchedFile;

  public constructor(settings: BasicAuthSettings['clientAuth'], context: ComponentContext) {
    const { password = '', passwordFile = '', username = '', usernameFile = '' } = settings ?? {};
    this.username = username;
    this.password = password;
    const watched = (file: string, key: string, take: (text: string) => void) => {
      if (file === '') return undefined;
      const found = new WatchedFile(file, `client_auth.${key}`, context, (text) => {
        take(text);
        this.use();
      });
      this.files.push(found);
      return found;
    };
    this.usernameFile = watched(usernameFile, 'username_file', (text) => {
      this.username = text.trim();
    });
    this.passwordFile = watched(passwordFile, 'password_file', (text) => {
      this.password = text.trim();
    });
    this.use();
  }

  public start(): Promise<void> {
    this.username = this.usernameFile?.open().trim() ?? this.username;
    this.password = this.passwordFile?.open().trim() ?? this.password;
    this.use();
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    for (const file of this.files) file.close();
    return Promise.resolve();
  }

  public credentials(): Credentials {
    return this.shown;
  }

  private use(): void {
    const pair = Buffer.from(`${this.username}:${this.password}`).toString('base64');
    this.shown = [{ action: 'upsert', name: 'authorization', value: `Basic ${pair}` }];
  }
}

function refusalOf(isLetIn: boolean): Refusal {
  return isLetIn ? undefined : unauthenticated('invalid credentials');
}

function decodeBase64(text: string): string | undefined {
  const isWhole = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return isWhole ? Buffer.from(text, 'base64').toString() : undefined;
}
