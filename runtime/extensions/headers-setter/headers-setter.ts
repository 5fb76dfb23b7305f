/** Sets headers of what is sent. */
import type { ComponentContext, Extension } from '../../component';
import type { HeadersSetterSettings } from '../../config';
import {
  clientAuthenticatorNamed, type ClientAuthenticator, type Credentials, type HeaderChange,
} from '../../net/authentication';
import { WatchedFile } from '../../net/watched-file';

/** Makes the extension `headers_setter`. */
export function createHeadersSetterExtension(
  settings: HeadersSetterSettings, context: ComponentContext,
): Extension & ClientAuthenticator {
  return new HeadersSetter(settings, context);
}

class HeadersSetter implements Extension, ClientAuthenticator {
  private own: HeaderChange[];
  private readonly files: readonly { readonly file: WatchedFile; readonly index: number }[];
  /** What came of the other extension last, and both together. */
  private joined?: { readonly before: Credentials; readonly all: Credentials };

  public constructor(
    private readonly settings: HeadersSetterSettings, private readonly context: ComponentContext,
  ) {
    this.own = settings.headers.map(({ action, key, value = '' }) => (
      { action, name: key.toLowerCase(), value }));
    this.files = settings.headers.flatMap(({ action, valueFile }, index) =>
      action === 'delete' || valueFile === undefined ? [] : [{
        index,
        file: new WatchedFile(valueFile, `headers[${index}].value_file`, context, (text) => {
          this.set(index, text);
        }),
      }]);
  }

  public start(): Promise<void> {
    for (const { file, index } of this.files) this.set(index, file.open());
    const { additionalAuth } = this.settings;
    if (additionalAuth !== undefined) this.find(additionalAuth);
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    for (const { file } of this.files) file.close();
    return Promise.resolve();
  }

  public get needsTls(): boolean {
    const { additionalAuth } = this.settings;
    return additionalAuth !== undefined && this.find(additionalAuth).needsTls;
  }

  public credentials(): Credentials | Promise<Credentials> {
    const { additionalAuth } = this.settings;
    if (additionalAuth === undefined) return this.own;
    const before = this.find(additionalAuth).credentials();
    return before instanceof Promise
      ? before.then((fetched) => this.after(fetched)) : this.after(before);
  }

  private find(id: string): ClientAuthenticator {
    return clientAuthenticatorNamed(id, 'additional_auth', this.context);
  }

  private after(before: Credentials): Credentials {
    if (this.joined?.before !== before) this.joined = { before, all: [...before, ...this.own] };
    return this.joined.all;
  }

  private set(index: number, text: string): void {
    this.own = this.own.map((change, at) => at === index ? { ...change, value: text.trim() }
      : change);
    this.joined = undefined;
  }
}
