/** The security of one tier: what its server shows, and what it shows to those it sends to. */
import type { Construct } from 'constructs';
import { certificate } from './certificates';
import {
  AUTHORITY, CERTIFICATE, fileIn, outsideFiles, PRIVATE_KEY, secretVolume, type SecretSource,
} from './secret-files';
import { namesOf, nameToVerify } from './server-names';
import {
  bearerTokenAuthExtension, type AuthenticatorConfig, type GrpcClientConfig, type TlsClientConfig,
  type TlsServerConfig, type TracePeersTlsConfig,
} from '../config';
import type { PartComponent, PartVolume, TierPart } from '../features/part';
import type { Authentication } from '../graph/authentication';
import { endpointParts, serviceHost } from '../graph/cluster-name';
import type { SecretReference } from '../graph/secret-reference';
import type { Signal } from '../graph/signal';
import type { ITelemetryTarget, TelemetryRoute } from '../graph/telemetry-target';
import type { ServerCertificate } from '../graph/tier-facts';
import type { CertificateIssuer, TransportSecurity } from '../graph/transport-security';
import { headlessName } from '../workload/collector-services';
import type { TierIdentity } from '../workload/labels';

/** What the security of a tier follows from. */
export interface SecuredTier {
  /** How it is encrypted. */
  readonly transportSecurity?: TransportSecurity;
  /** How senders prove that they may send. */
  readonly authentication?: Authentication;
  /** Where it sends to. */
  readonly forwardTo?: ITelemetryTarget;
  /** Whether its pods are to call each other, if the image can do that. */
  readonly wantsPool?: boolean;
  /** Whether they do, by the certificate of the server; known when there is an image. */
  readonly isPool?: () => boolean;
}

/** What the OTLP receiver is told beside where it listens. */
export interface ServerSecurity {
  /** TLS; plain text without. */
  readonly tls?: TlsServerConfig;
  /** Who lets requests in. */
  readonly auth?: AuthenticatorConfig;
}

const SERVER = 'server';
const AUTHORITY_OF_SENDERS = 'senders';
const BEARER_TOKEN = bearerTokenAuthExtension.type;

/** The security of one tier; Certificates are written with it. */
export class TierSecurity {
  /** What it adds to the tier. */
  public readonly part: TierPart;
  /** Values of Secrets by the variables that the configuration refers to. */
  public readonly secrets: readonly [string, SecretReference][];
  /** What its server shows; absent for plain text. */
  public readonly certificate?: ServerCertificate;
  private readonly issuers: readonly CertificateIssuer[];
  private readonly tokens: readonly SecretReference[];

  /** `isHeadless` says that there is a Service with an address per pod; `signals` are sent on. */
  public constructor(
    scope: Construct, private readonly tier: TierIdentity, isHeadless: boolean,
    signals: readonly Signal[], private readonly given: SecuredTier,
  ) {
    const { transportSecurity, authentication, forwardTo } = given;
    const routes = forwardTo === undefined ? []
      : signals.map((signal) => forwardTo.routeFor(signal));
    this.issuers = distinct(
      routes.flatMap((route) => route.transportSecurity?._issuer ?? []), ({ _key }) => _key);
    this.tokens = distinct(
      routes.flatMap((route) => route.authentication?._token ?? []), ({ variable }) => variable);
    if (transportSecurity !== undefined) {
      this.certificate = {
        names: serverNames(tier, isHeadless, transportSecurity),
        asksSenders: transportSecurity._asksSenders,
      };
    }
    const own = authentication === undefined ? [] : [authentication._token];
    this.secrets = [...own, ...this.tokens].map((token) => [token.variable, token]);
    const problems = [...this.serverProblems(), ...routes.flatMap((route) => this.problems(route))];
    this.part = {
      volumes: problems.length > 0 ? [] : [
        ...this.serverVolumes(scope), ...this.clientVolumes(scope, routes),
        ...routes.flatMap((route) => outsideFiles(this.targetName, route).volumes),
      ],
      extensions: [
        ...own.map((token) => authenticator(token)),
        ...this.tokens.map((token, index) => authenticator(token, this.tokenName(index))),
      ],
      problems: [...new Set(problems)],
    };
  }

  /** An address of the tier's Service. */
  public url(port: number): string {
    const { name, namespace } = this.tier;
    const scheme = this.certificate === undefined ? 'http' : 'https';
    return `${scheme}://${serviceHost(name, namespace)}:${port}`;
  }

  /** What the OTLP receiver is told. */
  public server(): ServerSecurity {
    const { transportSecurity: security, authentication } = this.given;
    if (security === undefined) return {};
    const folder = authorityFolder(security);
    return {
      tls: {
        certFile: fileIn(SERVER, CERTIFICATE),
        keyFile: fileIn(SERVER, PRIVATE_KEY),
        clientCaFile: security._asksSenders ? fileIn(folder, AUTHORITY) : undefined,
        minVersion: security._minVersion,
        reloadInterval: security._reloadInterval,
      },
      ...authentication === undefined ? {} : { auth: { authenticator: BEARER_TOKEN } },
    };
  }

  /** What pods of the tier tell each other by; absent for plain text. */
  public peers(): TracePeersTlsConfig | undefined {
    const { tier, given: { transportSecurity: security } } = this;
    if (security === undefined) return undefined;
    const names = this.certificate?.names ?? [];
    return {
      caFile: fileIn(authorityFolder(security), AUTHORITY),
      certFile: fileIn(SERVER, CERTIFICATE),
      keyFile: fileIn(SERVER, PRIVATE_KEY),
      serverNameOverride: nameToVerify(names, serviceHost(tier.name, tier.namespace)),
      reloadInterval: security._reloadInterval,
    };
  }

  /** What the exporter of a route is told beside where it sends to. */
  public sender(route: TelemetryRoute): Pick<GrpcClientConfig, 'tls' | 'auth'> {
    const tls = this.clientTls(route);
    const token = route.authentication?._token.variable;
    const index = this.tokens.findIndex(({ variable }) => variable === token);
    return {
      ...tls === undefined ? {} : { tls },
      ...index < 0 ? {} : { auth: { authenticator: `${BEARER_TOKEN}/${this.tokenName(index)}` } },
    };
  }

  /** A route to this tier, with what senders need to know of its security. */
  public route(route: TelemetryRoute): TelemetryRoute {
    const { tier, given: { transportSecurity, authentication } } = this;
    const proof = authentication === undefined ? {} : { authentication };
    if (transportSecurity === undefined) return { ...route, insecure: true, ...proof };
    const names = this.certificate?.names ?? [];
    // Whoever spreads by a key connects to addresses of pods, which no certificate holds.
    const serverName = nameToVerify(names, serviceHost(tier.name, tier.namespace));
    return { ...route, transportSecurity, serverName, ...proof };
  }

  private get targetName(): string {
    return this.given.forwardTo?.targetName ?? '';
  }

  private tokenName(index: number): string {
    return index === 0 ? this.targetName : `${this.targetName}-${index + 1}`;
  }

  private clientTls(route: TelemetryRoute): TlsClientConfig | undefined {
    const { transportSecurity: security, insecure = false } = route;
    if (security === undefined) {
      return insecure ? { insecure } : outsideFiles(this.targetName, route).tls;
    }
    const folder = this.clientFolder(security._issuer);
    return {
      serverNameOverride: route.serverName,
      caFile: fileIn(folder, AUTHORITY),
      ...security._asksSenders ? {
        certFile: fileIn(folder, CERTIFICATE),
        keyFile: fileIn(folder, PRIVATE_KEY),
      } : {},
      reloadInterval: security._reloadInterval,
    };
  }

  private clientFolder(issuer: CertificateIssuer | undefined): string {
    const index = this.issuers.findIndex(({ _key }) => _key === issuer?._key);
    return index > 0 ? `client-${index + 1}` : 'client';
  }

  private serverVolumes(scope: Construct): PartVolume[] {
    const { tier, given: { transportSecurity } } = this;
    if (transportSecurity === undefined) return [];
    const { _certManager: issuer, _secrets: secrets } = transportSecurity._issuer;
    if (issuer !== undefined) {
      const secret = certificate(scope, 'server-certificate', {
        tier,
        suffix: 'server',
        issuer,
        usages: () => this.given.isPool?.() === true
          ? ['server auth', 'client auth'] : ['server auth'],
        dnsNames: this.certificate?.names,
      });
      return [secretVolume(SERVER, [{ secret }])];
    }
    const { server = '', authority } = secrets ?? {};
    const own = secretVolume(SERVER, [{ secret: server }]);
    const isVerifying = transportSecurity._asksSenders || this.given.wantsPool === true;
    return authority === undefined || !isVerifying
      ? [own] : [own, secretVolume(AUTHORITY_OF_SENDERS, [authorityOf(authority)])];
  }

  /** One certificate for each issuer, however many routes know it. */
  private clientVolumes(scope: Construct, routes: readonly TelemetryRoute[]): PartVolume[] {
    const { tier } = this;
    return this.issuers.map((issuer) => {
      const isShown = routes.some(({ transportSecurity: security }) =>
        security?._asksSenders === true && security._issuer?._key === issuer._key);
      const folder = this.clientFolder(issuer);
      const { _certManager: manager, _secrets: secrets } = issuer;
      if (manager !== undefined) {
        const secret = certificate(scope, `${folder}-certificate`, {
          tier, suffix: folder, issuer: manager, usages: () => ['client auth'],
        });
        return secretVolume(folder, isShown ? [{ secret }] : [onlyAuthority(secret)]);
      }
      const { server = '', client, authority } = secrets ?? {};
      const trusted = authority === undefined
        ? onlyAuthority(client ?? server) : authorityOf(authority);
      return secretVolume(folder, isShown && client !== undefined ? [pair(client), trusted]
        : [trusted]);
    });
  }

  private serverProblems(): string[] {
    const { transportSecurity, authentication } = this.given;
    return [
      ...transportSecurity?._problems ?? [], ...authentication?._problems ?? [],
      ...authentication === undefined || transportSecurity !== undefined ? [] : [
        'authentication: must not let tokens come as plain text, got no `transportSecurity`.'
        + '\n→ give `transportSecurity` TransportSecurity.tls(CertificateIssuer.certManager('
        + '\'telemetry-ca\')), for example.',
      ],
    ];
  }

  /** What keeps this tier from sending by a route. What is wrong with a target it says itself. */
  private problems({ transportSecurity: security, ...route }: TelemetryRoute): string[] {
    const { _certManager: issuer, _secrets: secrets } = security?._issuer ?? {};
    const where = `forwardTo (${this.targetName})`;
    if (secrets !== undefined && security?._asksSenders && secrets.client === undefined) {
      return [`${where}: asks senders for a certificate, got no \`client\` in`
        + ' CertificateIssuer.secrets(…).\n→ add \`client\`, the name of a Secret of the type'
        + ' kubernetes.io/tls, or use TransportSecurity.tls(…).'];
    }
    const { name, namespace } = this.tier;
    const home = namespaceIn(route.serverName ?? endpointParts(route.endpoint ?? '').host);
    if (issuer?.kind !== 'Issuer' || home === undefined || home === namespace) return [];
    return [`${where}: the Issuer ${issuer.name} must be in the namespace of ${name} to`
      + ` issue for it, got ${home}.\n→ use a ClusterIssuer, which issues everywhere:`
      + ` CertificateIssuer.certManager('${issuer.name}').`];
  }
}

function authorityFolder({ _issuer: issuer }: TransportSecurity): string {
  return issuer?._secrets?.authority === undefined ? SERVER : AUTHORITY_OF_SENDERS;
}

function serverNames(
  tier: TierIdentity, isHeadless: boolean, { _issuer: issuer }: TransportSecurity,
): readonly string[] {
  const { name, namespace } = tier;
  const given: unknown = issuer?._secrets?.names;
  return Array.isArray(given) ? given.filter((each) => typeof each === 'string')
    : namesOf({ name, headlessName: isHeadless ? headlessName(tier) : undefined, namespace });
}

/** What shows, or asks for, a token. */
function authenticator(token: SecretReference, name?: string): PartComponent {
  return {
    contract: bearerTokenAuthExtension,
    name,
    write: (at) => bearerTokenAuthExtension.write({ token: `\${env:${token.variable}}` }, at),
  };
}

function authorityOf({ name, key }: SecretReference): SecretSource {
  return { secret: name, files: { [AUTHORITY]: key } };
}

/** Who only verifies others has no use for a private key. */
function onlyAuthority(secret: string): SecretSource {
  return { secret, files: { [AUTHORITY]: AUTHORITY } };
}

function pair(secret: string): SecretSource {
  return { secret, files: { [CERTIFICATE]: CERTIFICATE, [PRIVATE_KEY]: PRIVATE_KEY } };
}

function namespaceIn(host: string): string | undefined {
  return /^[^.]+\.([^.]+)\.svc\b/.exec(host)?.[1];
}

function distinct<Item>(items: readonly Item[], key: (item: Item) => string): Item[] {
  return [...new Map(items.map((item) => [key(item), item])).values()];
}
