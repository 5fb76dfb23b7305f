/**
 * The files of a pod. A container's paths cannot be made on this machine without privileges, so a
 * mount stands in the pod's own folder, and texts that name its path are rewritten.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Container, Volume } from './kubernetes';
import {
  configMapData, fieldOf, secretData, UnstartablePodError, type ValueSources,
} from './pod-environment';
import type { PodIdentity } from './pod-identity';

/** A path inside the container and the path on this machine that stands for it. */
interface Mount {
  /** Inside the container. */
  readonly inside: string;
  /** On this machine. */
  readonly outside: string;
}

/** Files of one pod under one folder. */
export class PodFiles {
  private readonly mounts: readonly Mount[];

  /**
   * Writes the files of `container`.
   *
   * @throws UnstartablePodError when a file comes from something that does not exist.
   */
  public constructor(
    private readonly pod: PodIdentity,
    private readonly folder: string,
    container: Container,
    private readonly sources: ValueSources,
  ) {
    this.mounts = (container.volumeMounts ?? []).map((mount) => ({
      inside: mount.mountPath.replace(/\/$/, ''),
      outside: join(this.volumeFolder(mount.name), mount.subPath ?? ''),
    })).filter(({ inside }) => inside !== '').sort((a, b) => b.inside.length - a.inside.length);
    mkdirSync(folder, { recursive: true });
    for (const volume of pod.spec.volumes ?? []) this.writeVolume(volume);
    for (const mount of container.volumeMounts ?? []) {
      mkdirSync(this.volumeFolder(mount.name), { recursive: true });
    }
  }

  /** `text` with every path under a mount replaced by where it is on this machine. */
  public rewrite(text: string): string {
    if (this.mounts.length === 0) return text;
    // One pass for all mounts: a folder of this machine may itself begin like a mount (/tmp).
    const paths = this.mounts.map(({ inside }) => inside.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    const pattern = new RegExp(`(?<![\\w./-])(?:${paths.join('|')})(?=$|[/\\s"',;:])`, 'gm');
    return text.replace(pattern, (inside) =>
      this.mounts.find((mount) => mount.inside === inside)?.outside ?? inside);
  }

  /** Claims outlive their pod and wait for the next one of that name; other volumes do not. */
  private volumeFolder(name: string): string {
    const { spec, uid, name: podName } = this.pod;
    const volume = (spec.volumes ?? []).find((each) => each.name === name);
    if (volume === undefined) return join(this.folder, 'claims', `${name}-${podName}`);
    const claim = volume.persistentVolumeClaim?.claimName;
    return claim === undefined
      ? join(this.folder, 'volumes', uid, name) : join(this.folder, 'claims', claim);
  }

  private writeVolume(volume: Volume): void {
    const target = this.volumeFolder(volume.name);
    mkdirSync(target, { recursive: true });
    if (volume.projected === undefined) {
      this.writeSource(target, volume.name, volume, volume.secret?.secretName);
      return;
    }
    for (const source of volume.projected.sources ?? []) {
      this.writeSource(target, volume.name, source, source.secret?.name);
    }
  }

  private writeSource(
    target: string, volume: string, source: FileSource, secretName: string | undefined,
  ): void {
    const { namespace } = this.pod;
    if (source.configMap !== undefined) {
      const { name = '', items, optional = false } = source.configMap;
      const data = configMapData(this.sources, namespace, name);
      this.writeAll(target, volume, `ConfigMap ${name}`, data, items, optional);
    }
    if (source.secret !== undefined) {
      const { items, optional = false } = source.secret;
      const data = secretData(this.sources, namespace, secretName ?? '');
      this.writeAll(target, volume, `Secret ${secretName}`, data, items, optional);
    }
    for (const { path, fieldRef } of source.downwardAPI?.items ?? []) {
      if (fieldRef !== undefined) this.write(target, path, fieldOf(this.pod, fieldRef.fieldPath));
    }
  }

  private writeAll(
    target: string, volume: string, from: string, data: Map<string, Buffer> | undefined,
    items: readonly { readonly key: string; readonly path: string }[] | undefined,
    optional: boolean,
  ): void {
    if (data === undefined) {
      if (optional) return;
      throw new UnstartablePodError(this.pod,
        `volume ${volume} must come from something in the manifests, got ${from}`);
    }
    const wanted = items ?? [...data.keys()].map((key) => ({ key, path: key }));
    for (const { key, path } of wanted) {
      const content = data.get(key);
      if (content === undefined && !optional) {
        throw new UnstartablePodError(this.pod,
          `volume ${volume} must name a key of ${from}, got ${key}`);
      }
      if (content !== undefined) this.write(target, path, content);
    }
  }

  private write(target: string, path: string, content: Buffer | string): void {
    const file = join(target, path);
    mkdirSync(dirname(file), { recursive: true });
    const isText = /\.(ya?ml|json|conf|txt)$/.test(path);
    writeFileSync(file, isText ? this.rewrite(content.toString()) : content, { mode: 0o600 });
  }
}

type FileSource = Pick<Volume, 'configMap' | 'secret' | 'downwardAPI'>;
