import { JsonPatch, type ApiObject } from 'cdk8s';

/** Charts put their namespace into everything, but objects of the whole cluster are in none. */
export function withoutNamespace<T extends ApiObject>(object: T): T {
  if (object.chart.namespace !== undefined) {
    object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
  }
  return object;
}
