/** Secrets as files of a pod: certificates, keys and authorities. */
import { createHash } from 'crypto';
import type { k8s } from 'cdk8s-plus-28';
import type { TlsClientConfig } from '../config';
import type { PartVolume } from '../features/part';
import type { OutsideSecurity } from '../graph/telemetry-target';

/** Keys of a Secret of the type kubernetes.io/tls, which are the names of files as well. */
export const CERTIFICATE = 'tls.crt';
/** The private key. */
export const PRIVATE_KEY = 'tls.key';
/** The authorities. */
export const AUTHORITY = 'ca.crt';

const FOLDER = '/etc/otelgw/tls';
/** For the group that Kubernetes gives the files to; nobody writes them. */
const MODE = 0o440;

/** A Secret, and which of its keys become files. */
export interface SecretSource {
  /** Its name. */
  readonly secret: string;
  /** Keys by the names of files; all under their own names when absent. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A file in a folder of certificates. */
export function fileIn(folder: string, file: string): string {
  return `${FOLDER}/${folder}/${file}`;
}

/** Secrets as files of one folder, which is mounted as a whole: single files would never change. */
export function secretVolume(folder: string, sources: readonly SecretSource[]): PartVolume {
  const name = `tls-${folder}`;
  const all = sources.map(({ secret, files }) => ({ secret, items: itemsOf(files) }));
  const [{ secret, items }] = all;
  const volume: k8s.Volume = all.length === 1
    ? { name, secret: { secretName: secret, defaultMode: MODE, items } }
    : {
      name,
      projected: {
        defaultMode: MODE,
        sources: all.map((each) => ({ secret: { name: each.secret, items: each.items } })),
      },
    };
  return { volume, mount: { mountPath: `${FOLDER}/${folder}`, readOnly: true } };
}

function itemsOf(files: SecretSource['files']): k8s.KeyToPath[] | undefined {
  return files && Object.entries(files).map(([path, key]) => ({ key, path }));
}

/** TLS of a client, and the files that it names. */
export interface ClientFiles {
  /** What the exporter is told; absent when there is nothing to tell. */
  readonly tls?: TlsClientConfig;
  /** Where its files come from. */
  readonly volumes: readonly PartVolume[];
}

/** How a server of somebody else is trusted; `name` is what its exporter is named after. */
export function outsideFiles(
  name: string, { tls, certificateAuthority, clientCertificate }: OutsideSecurity,
): ClientFiles {
  const folder = `to-${labelOf(name)}`;
  const sources: SecretSource[] = [];
  const files: { caFile?: string; certFile?: string; keyFile?: string } = {};
  if (clientCertificate !== undefined) {
    const own = { [CERTIFICATE]: CERTIFICATE, [PRIVATE_KEY]: PRIVATE_KEY };
    sources.push({ secret: clientCertificate, files: own });
    files.certFile = fileIn(folder, CERTIFICATE);
    files.keyFile = fileIn(folder, PRIVATE_KEY);
  }
  if (certificateAuthority !== undefined) {
    const { name: secret, key } = certificateAuthority;
    sources.push({ secret, files: { [AUTHORITY]: key } });
    files.caFile = fileIn(folder, AUTHORITY);
  }
  if (sources.length === 0) return { tls, volumes: [] };
  return { tls: { ...tls, ...files }, volumes: [secretVolume(folder, sources)] };
}

/** `name` as part of a volume's name; told apart by a digest where it had to be changed. */
function labelOf(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/.test(name)) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  const like = name.toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, 40);
  return `${like}-${digest}`.replace(/^-/, '');
}
