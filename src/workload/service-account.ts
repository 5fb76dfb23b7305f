/** Who the pods of a tier are, for the Kubernetes API and for clouds. */
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { objectLabels, type TierIdentity } from './labels';

/** How pods become somebody whom a cloud knows, without any key. */
export class WorkloadIdentity {
  /** A role of AWS IAM, as `arn:aws:iam::123456789012:role/collector` (IRSA). */
  public static eks(roleArn: string): WorkloadIdentity {
    return new WorkloadIdentity(
      /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(roleArn) ? undefined
        : `must be the ARN of a role, got ${JSON.stringify(roleArn)}.`
          + '\n→ write it like \'arn:aws:iam::123456789012:role/collector\'.',
      { 'eks.amazonaws.com/role-arn': roleArn });
  }

  /** A service account of Google Cloud, as `collector@project.iam.gserviceaccount.com`. */
  public static gke(email: string): WorkloadIdentity {
    return new WorkloadIdentity(
      /^[\w.-]+@[\w.:-]+\.gserviceaccount\.com$/.test(email) ? undefined
        : `must be the address of a service account, got ${JSON.stringify(email)}.`
          + '\n→ write it like \'collector@project.iam.gserviceaccount.com\'.',
      { 'iam.gke.io/gcp-service-account': email });
  }

  /** An application or managed identity of Microsoft Entra, by its client id. */
  public static azure(clientId: string): WorkloadIdentity {
    return new WorkloadIdentity(
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(clientId) ? undefined
        : `must be a client id, got ${JSON.stringify(clientId)}.`
          + '\n→ write it like \'00000000-0000-0000-0000-000000000000\'.',
      { 'azure.workload.identity/client-id': clientId },
      { 'azure.workload.identity/use': 'true' });
  }

  private constructor(
    /**
     * What is wrong with it.
     * @internal
     */
    public readonly _problem: string | undefined,
    /**
     * Annotations of the ServiceAccount.
     * @internal
     */
    public readonly _annotations: Readonly<Record<string, string>>,
    /**
     * Labels of the pods.
     * @internal
     */
    public readonly _podLabels: Readonly<Record<string, string>> = {},
  ) {}
}

/** What the ServiceAccount of a tier may be told. */
export interface ServiceAccountOptions {
  /**
   * Its name.
   * @default - the name of the tier
   */
  readonly name?: string;
  /**
   * Annotations.
   * @default - none
   */
  readonly annotations?: Record<string, string>;
  /**
   * Labels beside its own.
   * @default - none
   */
  readonly labels?: Record<string, string>;
  /**
   * Whom a cloud takes the pods for.
   * @default - nobody
   */
  readonly identity?: WorkloadIdentity;
  /**
   * Names of Secrets with which images are pulled.
   * @default - none
   */
  readonly imagePullSecrets?: string[];
}

/** Who the pods of a tier are. */
export class ServiceAccount {
  /** A ServiceAccount of the tier's own. */
  public static create(options: ServiceAccountOptions = {}): ServiceAccount {
    return new ServiceAccount(options, false);
  }

  /**
   * One that somebody else made, in the namespace of the tier. What the tier needs of the
   * Kubernetes API is granted to it.
   */
  public static existing(name: string, identity?: WorkloadIdentity): ServiceAccount {
    return new ServiceAccount({ name, identity }, true);
  }

  private constructor(
    /**
     * What it is told.
     * @internal
     */
    public readonly _options: ServiceAccountOptions,
    /**
     * Whether somebody else made it.
     * @internal
     */
    public readonly _isExisting: boolean,
  ) {}

  /**
   * What is wrong with it.
   * @internal
   */
  public get _problems(): string[] {
    const { name, identity } = this._options;
    const isName = name === undefined
      || (typeof name === 'string' && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name));
    return [
      ...isName ? [] : ['serviceAccount: must have a name of lower-case letters, digits, - and .,'
        + ` got ${JSON.stringify(name)}.\n→ name it like 'collector'.`],
      ...identity?._problem === undefined ? [] : [`serviceAccount: identity ${identity._problem}`],
    ];
  }
}

/** The account of a tier's pods. */
export interface TierAccount {
  /** Its name. */
  readonly name: string;
  /** Whether somebody else made it. */
  readonly isExisting: boolean;
  /** The account itself, unless somebody else made it. */
  readonly object?: k8s.KubeServiceAccount;
  /** Labels of pods, by which clouds know them. */
  readonly podLabels: Readonly<Record<string, string>>;
}

/** Writes the account of a tier's pods. A token is a matter of the pods, not of the account. */
export function tierAccount(
  scope: Construct, id: string, tier: TierIdentity, account: ServiceAccount | undefined,
): TierAccount {
  const { name = tier.name, identity, ...options } = account?._options ?? {};
  const podLabels = identity?._podLabels ?? {};
  if (account?._isExisting === true) return { name, isExisting: true, podLabels };
  const annotations = { ...identity?._annotations, ...options.annotations };
  const object = new k8s.KubeServiceAccount(scope, id, {
    metadata: {
      name,
      namespace: tier.namespace,
      labels: { ...options.labels, ...objectLabels(tier) },
      ...Object.keys(annotations).length === 0 ? {} : { annotations },
    },
    automountServiceAccountToken: false,
    imagePullSecrets: options.imagePullSecrets?.map((secret) => ({ name: secret })),
  });
  return { name, isExisting: false, object, podLabels };
}
