/** Fields that Kubernetes has had since after the version that the typed objects are of. */
import type { ApiObject } from 'cdk8s';

/**
 * Changes what `object` writes. The typed objects are of Kubernetes 1.28, and drop what they do
 * not know even when it is patched in.
 */
export function changeWritten(object: ApiObject, change: (manifest: object) => void): void {
  const typed = object.toJson.bind(object) as () => object;
  object.toJson = () => {
    const manifest = typed();
    change(manifest);
    return manifest;
  };
}
