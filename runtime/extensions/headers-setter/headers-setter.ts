/** Sets headers of what is sent. */
import type { ComponentContext, Extension } from '../../component';
import type { HeadersSetterSettings } from '../../config';
import {
  clientAuthenticatorNamed, type ClientAuthenticator, type Credentials, type HeaderChange,
} from '../../net/authentication';
import { WatchedFile } from '../../net/watched-file';
import { metadataValues, type ClientMetadata } from '../../pipeline/client-metadata';

/** Makes the extension `headers_setter`. */
export function createHeadersSetterExtension(
  settings: HeadersSetterSettings, context: ComponentContext,
): Extension & ClientAuthenticator {
  return new HeadersSetter(settings, context);
}

class HeadersSetter implements Extension, ClientAuthenticator {
  private own: HeaderChange[];
  /** Whether what is set differs from request to request. */
  private readonly asksRequests: boolean;
  private readonly files: readonly { readonly file: WatchedFile; readonly index: number }[];
  /** What came of the other extension last, and both together. */
  private joined?: { readonly before: Credentials; readonly all: Credentials };

  public constructor(
    private readonly settings: HeadersSetterSettings, private readonly context: ComponentContext,
  ) {
    this.own = settings.headers.map(({ action, key, value = '' }) => (
      { action, name: key.toLowerCase(), value }));
    this.asksRequests = settings.headers.some(isOfRequest);
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

  public credentials(metadata?: ClientMetadata): Credentials | Promise<Credentials> {
    const { additionalAuth } = this.settings;
    const own = this.asksRequests ? this.ownFor(metadata) : this.own;
    if (additionalAuth === undefined) return own;
    const before = this.find(additionalAuth).credentials(metadata);
    return before instanceof Promise
      ? before.then((fetched) => this.after(fetched, own)) : this.after(before, own);
  }

  /** @throws Error when a request has a header twice, for nobody knows which one is meant. */
  private ownFor(metadata: ClientMetadata | undefined): HeaderChange[] {
    return this.settings.headers.map((header, index) => {
      const change = this.own[index];
      if (!isOfRequest(header)) return change;
      const { defaultValue = '', fromContext = '' } = header;
      const values = metadataValues(metadata, fromContext);
      if (values.length > 1) {
        throw new Error(`headers[${index}].from_context: must name a header that requests have`
          + ` once, got ${values.length} values`);
      }
      return { ...change, value: values[0] ?? defaultValue };
    });
  }

  private find(id: string): ClientAuthenticator {
    return clientAuthenticatorNamed(id, 'additional_auth', this.context);
  }

  private after(before: Credentials, own: Credentials): Credentials {
    if (own !== this.own) return [...before, ...own];
    if (this.joined?.before !== before) this.joined = { before, all: [...before, ...own] };
    return this.joined.all;
  }

  private set(index: number, text: string): void {
    this.own = this.own.map((change, at) => at === index ? { ...change, value: text.trim() }
      : change);
    this.joined = undefined;
  }
}

function isOfRequest({ action, fromContext }: HeadersSetterSettings['headers'][number]): boolean {
  return action !== 'delete' && fromContext !== undefined;
}
