/** One value of a Secret. It reaches the collector as an environment variable, never as text. */
export class SecretReference {
  /** The value under `key` of the Secret `name`, in the namespace of who uses it. */
  public static of(name: string, key: string): SecretReference {
    return new SecretReference(name, key);
  }

  private constructor(
    /** Name of the Secret. */
    public readonly name: string,
    /** Key of the value in it. */
    public readonly key: string,
  ) {}

  /** Name of the environment variable that holds the value. */
  public get variable(): string {
    return `${this.name}_${this.key}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
  }
}
