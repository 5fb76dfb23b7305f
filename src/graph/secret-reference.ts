import { isMap, kindOf, type Kind } from '../config/prop-kinds';

/** One value of a Secret. It reaches the collector as an environment variable, never as text. */
export class SecretReference {
  /** The value under `key` of the Secret `name`, in the namespace of who uses it. */
  public static of(name: string, key: string): SecretReference {
    const isText = typeof name === 'string' && typeof key === 'string';
    const given = isText ? JSON.stringify(`${name}/${key}`) : `${kindOf(name)} and ${kindOf(key)}`;
    const isRight = isText && /^[a-z0-9.-]+$/.test(name) && /^[\w.-]+$/.test(key);
    return new SecretReference(isText ? name : 'unknown', isText ? key : 'unknown', isRight ? [] : [
      `secrets: ${given} must be the name of a Secret and a key in it.`
      + '\n→ write SecretReference.of(\'store\', \'api-key\'), for example.',
    ]);
  }

  private constructor(
    /** Name of the Secret. */
    public readonly name: string,
    /** Key of the value in it. */
    public readonly key: string,
    /**
     * What is wrong with it.
     * @internal
     */
    public readonly _problems: readonly string[],
  ) {}

  /** Name of the environment variable that holds the value. */
  public get variable(): string {
    return `${this.name}_${this.key}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
  }
}

/** What a prop must be that refers to a value of a Secret. */
export const SECRET_KIND: Kind = {
  is: (value) => isMap(value) && 'variable' in value && '_problems' in value,
  wanted: 'a SecretReference',
  example: 'SecretReference.of(\'store-ca\', \'ca.crt\')',
};
