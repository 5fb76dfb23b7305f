import { stringify } from 'yaml';
import type { YamlSource } from './config/yaml-documents';

/**
 * Raw configuration that is merged over what a construct writes: maps key by key, everything else
 * replaces. An empty value (`batch:` or `batch: null`) takes away what was written there, a
 * component out of its pipelines, too. What comes of it is checked like everything else.
 */
export class CollectorConfigOverrides {
  /** Overrides as text, such as out of a file; messages call it `name`. */
  public static fromYaml(text: string, name: string = 'config'): CollectorConfigOverrides {
    return new CollectorConfigOverrides({ name, text: String(text), isTakingAway: true });
  }

  /** Overrides as data. */
  public static fromObject(values: Record<string, any>): CollectorConfigOverrides {
    const text = stringify(values);
    return new CollectorConfigOverrides({ name: 'config', text, isTakingAway: true });
  }

  private constructor(private readonly source: YamlSource) {}

  /**
   * The text and what it is called.
   * @internal
   */
  public _source(): YamlSource {
    return this.source;
  }
}
