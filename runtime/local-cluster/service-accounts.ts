/** The ServiceAccounts of a cluster: their tokens, and the folders that pods find them in. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from './api-access';
import { nameOf, namespaceOf, type ServiceAccount } from './kubernetes';
import { UnstartablePodError } from './pod-environment';
import type { PodIdentity } from './pod-identity';

/** Tokens and folders by account. */
export class ServiceAccounts {
  private readonly tokens = new Map<string, Account>();
  private readonly folders = new Map<string, string>();

  /** `authority` is the PEM certificate that vouches for the API server. */
  public constructor(
    private readonly accounts: readonly ServiceAccount[],
    private readonly folder: string,
    private readonly authority: string,
  ) {}

  /** The account behind `token`. */
  public accountOf(token: string): Account | undefined {
    return this.tokens.get(token);
  }

  /**
   * The folder that `pod` finds its token in; it does not exist when the pod is to have none.
   *
   * @throws UnstartablePodError when its account does not exist.
   */
  public folderOf(pod: PodIdentity): string {
    const { namespace, serviceAccount: name } = pod;
    const account = this.accounts.find((each) =>
      nameOf(each) === name && namespaceOf(each) === namespace);
    if (account === undefined && name !== 'default') {
      throw new UnstartablePodError(pod,
        `serviceAccountName must name a ServiceAccount in the manifests, got ${name}`);
    }
    const mounts = pod.spec.automountServiceAccountToken
      ?? account?.automountServiceAccountToken ?? true;
    return mounts ? this.makeFolder({ namespace, name }) : join(this.folder, 'no-token');
  }

  private makeFolder(account: Account): string {
    const folder = join(this.folder, account.namespace, account.name);
    if (this.folders.has(folder)) return folder;
    const token = randomBytes(24).toString('base64url');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'token'), token, { mode: 0o600 });
    writeFileSync(join(folder, 'ca.crt'), this.authority);
    writeFileSync(join(folder, 'namespace'), account.namespace);
    this.tokens.set(token, account);
    this.folders.set(folder, token);
    return folder;
  }
}
