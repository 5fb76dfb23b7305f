/** Who the process is, for OpenTelemetry's SDK. */
import { resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import type { OwnResource } from '../resource';

/** The resource of everything that is sent. */
export function sdkResource({ attributes, schemaUrl }: OwnResource): Resource {
  return resourceFromAttributes({ ...attributes }, { schemaUrl });
}
