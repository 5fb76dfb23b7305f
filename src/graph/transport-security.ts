import { Duration } from 'cdk8s';
import { formatGoDuration } from '../config';
import { SECRET_KIND, type SecretReference } from './secret-reference';
import {
  anyValue, durationOf, kindOf, rightProps, textOf, type Kind,
} from '../config/prop-kinds';

/** What cert-manager is asked for. */
export interface CertManagerOptions {
  /**
   * Kind of the issuer: ClusterIssuer, Issuer, or with `group` any kind of that group. An Issuer
   * issues in its own namespace only.
   * @default "ClusterIssuer"
   */
  readonly kind?: string;
  /**
   * API group of the issuer.
   * @default "cert-manager.io"
   */
  readonly group?: string;
  /**
   * How long each certificate holds: an hour at least.
   * @default - cert-manager's: 90 days
   */
  readonly duration?: Duration;
  /**
   * How long before its end a certificate is replaced: 5 minutes at least, less than `duration`.
   * @default - cert-manager's: a third of `duration`
   */
  readonly renewBefore?: Duration;
}

/** Certificates that somebody else puts into Secrets of the type kubernetes.io/tls. */
export interface CertificateSecrets {
  /**
   * Name of the Secret with the server's certificate, in the namespace of the server. Beside
   * tls.crt and tls.key it holds ca.crt, unless there is an `authority`.
   */
  readonly server: string;
  /**
   * DNS names that the server's certificate holds; `*.` stands for one label.
   */
  readonly names: string[];
  /**
   * Name of the Secret with the certificate that senders show, in the namespace of each sender.
   * Beside tls.crt and tls.key it holds ca.crt, unless there is an `authority`.
   * @default - senders show none; mutual TLS needs one
   */
  readonly client?: string;
  /**
   * The authority that both sides trust, as PEM in a Secret of each namespace.
   * @default - ca.crt of the Secret with the certificate; senders without one take the server's
   */
  readonly authority?: SecretReference;
}

const WHERE = 'transportSecurity.';
const CERT_MANAGER_KINDS: Readonly<Record<string, Kind>> = {
  kind: textOf(/^\w+$/, 'the kind of an issuer', '\'Issuer\''),
  group: textOf(/^[\w.-]+$/, 'the API group of an issuer', '\'cert-manager.io\''),
  duration: durationOf('seconds', 1, 7_776_000),
  renewBefore: durationOf('seconds', 1, 2_592_000),
};
const SECRETS_KINDS: Readonly<Record<string, Kind>> = {
  server: anyValue, names: anyValue, client: anyValue, authority: SECRET_KIND,
};
const OPTION_KINDS: Readonly<Record<string, Kind>> = {
  minVersion: anyValue, reloadInterval: durationOf('millis', 0, 3_600_000),
};

/**
 * An issuer of cert-manager.
 * @internal
 */
export interface CertManagerIssuer extends CertManagerOptions {
  /** Its name. */
  readonly name: string;
}

/** Who issues the certificates of a tier and of those who send to it. */
export class CertificateIssuer {
  /**
   * An issuer of cert-manager, which must be installed. A Certificate is written for each tier; its
   * Secret must get ca.crt, which issuers of the kinds CA, self-signed and Vault give, ACME not.
   */
  public static certManager(name: string, options: CertManagerOptions = {}): CertificateIssuer {
    const { props, problems } = rightProps(options, CERT_MANAGER_KINDS, WHERE, { isWhole: true });
    return new CertificateIssuer(problems, { ...props, name });
  }

  /** Nobody here: the Secrets are there already, or come from elsewhere. */
  public static secrets(secrets: CertificateSecrets): CertificateIssuer {
    const { props, problems } = rightProps(secrets, SECRETS_KINDS, WHERE, { isWhole: true });
    return new CertificateIssuer(problems, undefined, props);
  }

  /**
   * The issuer of cert-manager; absent when somebody else makes the Secrets.
   * @internal
   */
  public readonly _certManager?: CertManagerIssuer;
  /**
   * Secrets that somebody else makes; absent when cert-manager does.
   * @internal
   */
  public readonly _secrets?: CertificateSecrets;

  private constructor(
    private readonly wrongKinds: readonly string[],
    certManager?: CertManagerIssuer, secrets?: CertificateSecrets,
  ) {
    this._certManager = certManager;
    this._secrets = secrets;
  }

  /**
   * The same text for issuers that are the same.
   * @internal
   */
  public get _key(): string {
    const { name, kind, group } = this._certManager ?? {};
    const { server, client, authority } = this._secrets ?? {};
    return JSON.stringify([name, kind, group, server, client, authority?.name, authority?.key]);
  }

  /**
   * What is wrong with it.
   * @internal
   */
  public get _problems(): string[] {
    const { wrongKinds } = this;
    if (this._certManager !== undefined) {
      return [...wrongKinds, ...certManagerProblems(this._certManager)];
    }
    const { server, client, names, authority } = this._secrets ?? {};
    const secrets = client === undefined ? [server] : [server, client];
    return [
      ...wrongKinds,
      ...(authority?._problems ?? []).map((said) => `transportSecurity: ${said}`),
      ...secrets.filter((name) => !isName(name)).map((name) =>
        `transportSecurity: must name a Secret, got ${kindOf(name)}.`
        + '\n→ write CertificateIssuer.secrets({ server: \'gateway-tls\', … }), for example.'),
      ...isTexts(names) && names.some(isName) ? [] : [
        'transportSecurity: `names` must hold a name of the server\'s certificate without *, got'
        + ` ${kindOf(names)}.\n→ give \`names\` all DNS names that the certificate holds.`,
      ],
    ];
  }
}

/** How encrypted connections are made. */
export interface TransportSecurityOptions {
  /**
   * Oldest version of TLS that the server speaks: 1.2 or 1.3. All collectors speak 1.3, which
   * shows nobody else who the senders are; some old applications speak 1.2 only.
   * @default "1.3"
   */
  readonly minVersion?: string;
  /**
   * Time after which collectors read their certificates again. Upstream's read authorities when a
   * pod starts; the collector of this package reads them again with the certificates.
   * @default Duration.hours(1)
   */
  readonly reloadInterval?: Duration;
}

const DEFAULT_VERSION = '1.3';
const VERSIONS: readonly unknown[] = ['1.2', DEFAULT_VERSION];

/**
 * How a tier is encrypted. Tiers that forward to it follow: they verify its certificate, and get
 * one of their own.
 */
export class TransportSecurity {
  /** The server shows a certificate, and senders verify it. */
  public static tls(
    issuer: CertificateIssuer, options: TransportSecurityOptions = {},
  ): TransportSecurity {
    return new TransportSecurity(issuer, false, options);
  }

  /** Senders show a certificate, too: nobody without one from the same authority can send. */
  public static mutualTls(
    issuer: CertificateIssuer, options: TransportSecurityOptions = {},
  ): TransportSecurity {
    return new TransportSecurity(issuer, true, options);
  }

  /**
   * Who issues certificates.
   * @internal
   */
  public readonly _issuer: CertificateIssuer;
  /**
   * Whether senders must show one.
   * @internal
   */
  public readonly _asksSenders: boolean;
  /**
   * Oldest version that is spoken.
   * @internal
   */
  public readonly _minVersion: string;
  /**
   * Time after which certificates are read again.
   * @internal
   */
  public readonly _reloadInterval: Duration;
  private readonly wrongKinds: readonly string[];

  private constructor(
    issuer: CertificateIssuer, asksSenders: boolean, options: TransportSecurityOptions,
  ) {
    const { props, problems } = rightProps(options, OPTION_KINDS, WHERE, { isWhole: true });
    this._issuer = issuer;
    this._asksSenders = asksSenders;
    this._minVersion = props.minVersion ?? DEFAULT_VERSION;
    this._reloadInterval = props.reloadInterval ?? Duration.hours(1);
    this.wrongKinds = problems;
  }

  /**
   * What is wrong with it.
   * @internal
   */
  public get _problems(): string[] {
    const { _minVersion: version } = this;
    const issuerProblems = (this._issuer as CertificateIssuer | undefined)?._problems ?? [
      'transportSecurity: must have an issuer of certificates, got none.'
      + '\n→ write TransportSecurity.tls(CertificateIssuer.certManager(\'telemetry-ca\')).',
    ];
    return [
      ...issuerProblems, ...this.wrongKinds,
      ...VERSIONS.includes(version) ? [] : [
        'transportSecurity: `minVersion` must be 1.2 or 1.3, got'
        + ` ${typeof version === 'string' ? version : kindOf(version)}.`
        + '\n→ leave `minVersion` out; older versions are not safe.',
      ],
    ];
  }
}

const DEFAULT_DURATION = Duration.days(90);
const LEAST_DURATION = Duration.hours(1);
const LEAST_RENEWAL = Duration.minutes(5);

function certManagerProblems(issuer: CertManagerIssuer): string[] {
  const { name, kind = 'ClusterIssuer', group, duration, renewBefore } = issuer;
  const problems: string[] = [];
  if (!isName(name)) {
    problems.push(`transportSecurity: must name an issuer of cert-manager, got ${
      kindOf(name)}.\n→ write CertificateIssuer.certManager('telemetry-ca'), for example.`);
  }
  if (group === undefined && !['ClusterIssuer', 'Issuer'].includes(kind)) {
    problems.push(`transportSecurity: \`kind\` must be ClusterIssuer or Issuer, got ${kind}.`
      + '\n→ give `group` with it if it is an issuer of somebody else.');
  }
  const lasts = (duration ?? DEFAULT_DURATION).toMilliseconds();
  if (lasts < LEAST_DURATION.toMilliseconds()) {
    problems.push('transportSecurity: `duration` must be an hour at least, got'
      + ` ${formatGoDuration(lasts)}.\n→ leave \`duration\` out.`);
  }
  const renewal = renewBefore?.toMilliseconds() ?? LEAST_RENEWAL.toMilliseconds();
  if (renewal < LEAST_RENEWAL.toMilliseconds() || (renewBefore && renewal >= lasts)) {
    problems.push('transportSecurity: `renewBefore` must be from 5 minutes up and less than'
      + ` \`duration\`, got ${formatGoDuration(renewal)}.\n→ leave \`renewBefore\` out.`);
  }
  return problems;
}

function isName(name: unknown): boolean {
  return typeof name === 'string' && /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name);
}

/** Whether it is a list of texts. */
function isTexts(given: unknown): given is string[] {
  return Array.isArray(given) && given.every((each) => typeof each === 'string');
}
