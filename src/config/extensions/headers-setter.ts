/**
 * The contract of upstream's headers setter.
 */
import { component } from '../contract';
import { choice, list, optional, secret, text, upstreamOnly } from '../fields';
import { section, type Report, type SettingsOf } from '../section';

/** One header, and what is done to it. */
export interface HeaderSetterConfig {
  /**
   * Name of the header.
   */
  readonly key: string;
  /**
   * What is done: insert where it is missing, update where it is there, upsert in both cases, or
   * delete.
   * @default "upsert"
   */
  readonly action?: string;
  /**
   * The value; refer to a variable where it is a secret, such as `${env:KEY}`.
   * @default - none
   */
  readonly value?: string;
  /**
   * File with the value, which is read again when it changes.
   * @default - none
   */
  readonly valueFile?: string;
  /**
   * Header of the received request that holds the value, where the receiver has includeMetadata.
   * @default - none
   */
  readonly fromContext?: string;
  /**
   * Attribute of what vouched for the received request that holds the value.
   * @default - none
   */
  readonly fromAttribute?: string;
  /**
   * Value where a received request holds none.
   * @default - none
   */
  readonly defaultValue?: string;
}

/** Sets headers of requests that are sent. */
export interface HeadersSetterExtensionConfig {
  /**
   * The headers.
   */
  readonly headers: HeaderSetterConfig[];
  /**
   * Another extension that sets headers before this one does.
   * @default - none
   */
  readonly additionalAuth?: string;
}

const header = {
  key: text(),
  action: choice(['insert', 'update', 'upsert', 'delete'], 'upsert'),
  value: optional(secret()),
  valueFile: optional(text()),
  fromContext: optional(text()),
  fromAttribute: upstreamOnly(optional(text())),
  defaultValue: optional(secret()),
};

/** What is known of one header. */
export type HeaderSetterSettings = SettingsOf<typeof header>;

function hasOneSource(settings: HeaderSetterSettings, report: Report): void {
  const { key, action, value, valueFile, fromContext, fromAttribute } = settings;
  if (key === '') report(['key'], 'must name a header');
  const sources = [value, valueFile, fromContext, fromAttribute]
    .filter((source) => source !== undefined);
  if (action !== 'delete' && sources.length !== 1) {
    report([], 'must hold one of value, value_file, from_context and from_attribute, and only one');
  }
}

const fields = {
  headers: list(section<HeaderSetterConfig>()(header, { check: hasOneSource })),
  additionalAuth: optional(text()),
};

/** What the headers setter works with. */
export type HeadersSetterSettings = SettingsOf<typeof fields>;

/** The contract of the headers setter. */
export const headersSetterExtension = component<HeadersSetterExtensionConfig>()(
  'extensions', 'headers_setter', fields, {
    check: ({ headers }, report) => {
      if (headers.length === 0) report(['headers'], 'must hold at least one header');
    },
    vouches: () => ['client'],
    authenticators: [{ at: ['additional_auth'], as: 'client' }],
  });
