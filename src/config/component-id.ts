/**
 * Names of components and pipelines: `type` or `type/name`.
 */

/** A name, taken apart. */
export interface ComponentId {
  /** What it is. */
  readonly type: string;
  /** Which one it is; empty when there is only one. */
  readonly name: string;
}

const TYPE = /^[a-zA-Z][0-9a-zA-Z_]{0,62}$/;
const NAME = /^[^\p{Z}\p{C}\p{S}]+$/u;

/** The parts of an id; a sentence about what is wrong with it, if it is none. */
export function parseComponentId(id: string): ComponentId | string {
  const slash = id.indexOf('/');
  const type = slash < 0 ? id : id.slice(0, slash);
  const name = slash < 0 ? '' : id.slice(slash + 1);
  if (type === '') return 'must be type or type/name: the part before / is empty';
  if (slash >= 0 && name === '') return 'must be type or type/name: the part after / is empty';
  if (!TYPE.test(type)) {
    return `must begin with a type of at most 63 letters, digits and _, got ${type}`;
  }
  if (name !== '' && (name.length > 1024 || !NAME.test(name))) {
    return 'must have a name without spaces and signs after its /';
  }
  return { type, name };
}
