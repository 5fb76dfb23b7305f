/**
 * What is done to attributes.
 */
import { anything, choice, keyword, optional, text } from '../fields';
import { section, type Report, type SettingsOf } from '../section';

/** One thing that is done to one attribute, or to all that a pattern matches. */
export interface AttributeActionConfig {
  /**
   * Name of the attribute.
   * @default ""
   */
  readonly key?: string;
  /**
   * What is done: insert (unless present), update (if present), upsert, delete, hash, extract
   * (what a pattern's named groups match) or convert.
   */
  readonly action: string;
  /**
   * Value to write: a text, a number, true, false, or a list of them.
   * @default - none
   */
  readonly value?: any;
  /**
   * Attribute whose value is written.
   * @default ""
   */
  readonly fromAttribute?: string;
  /**
   * What is written of the request: `metadata.<key>`, `auth.<key>` or `client.address`.
   * @default ""
   */
  readonly fromContext?: string;
  /**
   * What is written where the attribute or the context gave nothing.
   * @default - nothing
   */
  readonly defaultValue?: any;
  /**
   * Pattern (RE2): of names to delete or hash, or of values to extract from.
   * @default ""
   */
  readonly pattern?: string;
  /**
   * Type to convert to: int, double or string.
   * @default - none
   */
  readonly convertedType?: string;
}

const fields = {
  key: text({ fallback: '' }),
  action: keyword(['insert', 'update', 'upsert', 'delete', 'hash', 'extract', 'convert']),
  value: anything(),
  fromAttribute: text({ fallback: '' }),
  fromContext: text({ fallback: '' }),
  defaultValue: anything(),
  pattern: text({ fallback: '' }),
  convertedType: optional(choice(['int', 'double', 'string'])),
};

type Action = SettingsOf<typeof fields>;

const isGiven = (value: unknown) => value !== undefined && value !== null;

function sourcesFit(action: Action, report: Report): void {
  const sources = Number(isGiven(action.value)) + Number(action.fromAttribute !== '')
    + Number(action.fromContext !== '');
  const isWriting = ['insert', 'update', 'upsert'].includes(action.action);
  if (isWriting && (sources > 1 || sources === 0 && !isGiven(action.defaultValue))) {
    report(['value'],
      `or else from_attribute or from_context is required for ${action.action}, and one only`);
  }
  if (!isWriting && sources > 0) report(['value'], `has no meaning for ${action.action}`);
}

function patternFits({ action, key, pattern, convertedType }: Action, report: Report): void {
  const isByPattern = action === 'delete' || action === 'hash';
  if (key === '' && !(isByPattern && pattern !== '')) {
    report(['key'], `is required for ${action}${isByPattern ? ', or else pattern' : ''}`);
  }
  if (action === 'extract' && pattern === '') report(['pattern'], 'is required for extract');
  if (action === 'convert' && convertedType === undefined) {
    report(['converted_type'], 'is required for convert');
  }
  if (action !== 'extract' && !isByPattern && pattern !== '') {
    report(['pattern'], `has no meaning for ${action}`);
  }
  if (action !== 'convert' && convertedType !== undefined) {
    report(['converted_type'], `has no meaning for ${action}`);
  }
}

/** One action. */
export const attributeAction = section<AttributeActionConfig>()(fields, {
  check: (action, report) => {
    sourcesFit(action, report);
    patternFits(action, report);
  },
});
