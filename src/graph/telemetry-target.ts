import type { TlsClientConfig } from '../config';
import type { Authentication } from './authentication';
import { isInCluster } from './cluster-name';
import type { Protocol } from './protocol';
import type { Resolver } from './resolver';
import { BY_TRACE, type Routing } from './routing';
import { SECRET_KIND, type SecretReference } from './secret-reference';
import { Signal } from './signal';
import type { TransportSecurity } from './transport-security';
import {
  isMap, listOf, oneOf, rightProps, textOf, trueOrFalse, withMember, wrongValue, type Kind,
} from '../config/prop-kinds';

/** How a sender trusts a server of somebody else, and shows who it is. */
export interface OutsideSecurity {
  /**
   * Settings of TLS.
   * @default - those of the collector
   */
  readonly tls?: TlsClientConfig;
  /**
   * The authorities that the server's certificate may come from, as PEM in a Secret of the
   * sender's namespace.
   * @default - those of the sender's image
   */
  readonly certificateAuthority?: SecretReference;
  /**
   * Name of a Secret of the type kubernetes.io/tls, in the sender's namespace, whose certificate
   * the sender shows.
   * @default - none is shown
   */
  readonly clientCertificate?: string;
}

/** How one signal is sent to a target. Exactly one of `resolver` and `endpoint` is there. */
export interface TelemetryRoute extends OutsideSecurity {
  /**
   * Spread by a key: what has the same one goes to the same of the addresses that this finds.
   * @default - not spread by a key
   */
  readonly resolver?: Resolver;
  /**
   * The key, where there is a `resolver`.
   * @default - the trace id
   */
  readonly routing?: Routing;
  /**
   * Spread by connection, or not at all: the gRPC address to send to, such as `host:4317` or
   * `dns:///host:4317`.
   * @default - spread by a key
   */
  readonly endpoint?: string;
  /**
   * Finds each of several pods behind `endpoint`, for senders that spread by a key of their own.
   * @default - nothing can be spread over them by a key
   */
  readonly pods?: Resolver;
  /**
   * Whether the connection is plain text.
   * @default false
   */
  readonly insecure?: boolean;
  /**
   * The protocol that is spoken at the `endpoint`; for HTTP that is an URL.
   * @default Protocol.GRPC
   */
  readonly protocol?: Protocol;
  /**
   * How the target is encrypted; senders get a certificate from its issuer.
   * @default - not by an issuer that both sides know
   */
  readonly transportSecurity?: TransportSecurity;
  /**
   * Name that the target's certificate holds.
   * @default - the endpoint's
   */
  readonly serverName?: string;
  /**
   * How senders prove that they may send.
   * @default - they need not
   */
  readonly authentication?: Authentication;
}

/**
 * Something that telemetry can be sent to. Whoever sends asks it for everything: no address, port
 * or permission is typed twice.
 */
export interface ITelemetryTarget {
  /** Name of the exporters that send there. */
  readonly targetName: string;
  /** Signals that it takes. */
  readonly signals: Signal[];
  /** How `signal` is sent there. */
  routeFor(signal: Signal): TelemetryRoute;
}

/** A collector that somebody else runs. One of `endpoint` and `resolver` is needed. */
export interface ExternalTargetOptions extends OutsideSecurity {
  /**
   * Its gRPC address, `host:port`.
   * @default - found by the resolver
   */
  readonly endpoint?: string;
  /**
   * Finds several of them, over which `routing` spreads. What that does not spread cannot be sent.
   * @default - there is one address
   */
  readonly resolver?: Resolver;
  /**
   * What goes to the same one, where there is a `resolver`.
   * @default Routing.byKey(RoutingKey.TRACE_ID)
   */
  readonly routing?: Routing;
  /**
   * Signals that it takes.
   * @default - all; with a resolver, those that `routing` spreads
   */
  readonly signals?: Signal[];
  /**
   * Whether connections are plain text.
   * @default - TLS, but for `http://`, and for names inside the cluster of which no TLS is told
   */
  readonly insecure?: boolean;
  /**
   * How senders prove that they may send. It needs TLS.
   * @default - they need not
   */
  readonly authentication?: Authentication;
}

const NOWHERE = 'localhost:4317';
const NAME = textOf(/^[^\p{Z}\p{C}\p{S}/]+$/u, 'a name without spaces and /',
  'TelemetryTarget.external(\'store\', { endpoint: \'store:4317\' })');
const oneSignal = oneOf(Object.values(Signal), '');
const KINDS: Readonly<Record<string, Kind>> = {
  endpoint: textOf(/^/, 'an address, host:port', '\'store:4317\''),
  resolver: withMember('_isInCluster', 'a Resolver', 'Resolver.addresses([\'store:4317\'])'),
  routing: withMember('_key', 'a Routing', 'Routing.byKey(RoutingKey.SERVICE)'),
  signals: {
    ...listOf(oneSignal, 'a list of one or more of traces, metrics, logs', '[Signal.TRACES]'),
    is: (value) => Array.isArray(value) && value.length > 0 && value.every(oneSignal.is),
  },
  insecure: trueOrFalse,
  tls: { is: isMap, wanted: 'settings of TLS', example: '{}' },
  certificateAuthority: SECRET_KIND,
  clientCertificate: textOf(
    /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'the name of a Secret', '\'store-client-tls\''),
  authentication: withMember('_token', 'an Authentication',
    'Authentication.bearerToken(SecretReference.of(\'telemetry-token\', \'token\'))'),
};

/** Targets that are not constructs of this app. */
export class TelemetryTarget implements ITelemetryTarget {
  /** Collectors that somebody else runs, in this cluster or elsewhere. */
  public static external(name: string, options: ExternalTargetOptions): TelemetryTarget {
    const unnamed = wrongValue('forwardTo: its name', name, NAME);
    const right = unnamed.length === 0 ? name : 'external';
    const { props, wrong, problems } = rightProps(
      options, KINDS, `forwardTo (${right}): `, { isWhole: true });
    return new TelemetryTarget(right, props, wrong, [...unnamed, ...problems]);
  }

  public readonly signals: Signal[];

  private constructor(
    public readonly targetName: string, private readonly options: ExternalTargetOptions,
    private readonly wrong: readonly string[], private readonly wrongKinds: readonly string[],
  ) {
    this.signals = options.signals
      ?? (options.resolver === undefined ? Object.values(Signal) : this.routing._key.signals);
  }

  /**
   * What is wrong with its options.
   * @internal
   */
  public get _problems(): string[] {
    const { endpoint, resolver, routing, authentication, certificateAuthority } = this.options;
    const unspread = resolver === undefined ? []
      : this.signals.filter((signal) => !this.routing._spreads(signal));
    const where = `forwardTo (${this.targetName})`;
    const isPlain = this.isPlain();
    const parts = [resolver, routing, certificateAuthority, authentication];
    const isTold = ['endpoint', 'resolver'].some((prop) => this.wrong.includes(prop));
    return [
      ...this.wrongKinds,
      ...parts.flatMap((part) => part?._problems ?? []).map((said) => `${where}: ${said}`),
      ...isTold || (endpoint === undefined) !== (resolver === undefined) ? [] : [
        `${where}: must have an endpoint or a resolver, got`
        + ` ${endpoint === undefined ? 'neither' : 'both'}.`
        + '\n→ write TelemetryTarget.external(name, { endpoint: \'host:4317\' }), for example.',
      ],
      ...isTold || routing === undefined || resolver !== undefined ? [] : [
        `${where}: \`routing\` must be a Routing, beside a \`resolver\`.`
        + '\n→ give `resolver` Resolver.addresses([…]), or remove `routing`.',
      ],
      ...unspread.length === 0 ? [] : [
        `${where}: ${unspread.join(' and ')} cannot be spread by ${this.routing._key._word}.`
        + '\n→ leave them out of `signals`, or give `routing` a key that spreads them.',
      ],
      ...isPlain && this.tellsOfTls() ? [
        `${where}: must not be plain text where TLS is told of, got \`insecure\` or http://.`
        + '\n→ leave it out, or leave out `tls`, `certificateAuthority` and `clientCertificate`.',
      ] : [],
      ...isPlain && authentication !== undefined ? [
        `${where}: must not send a token as plain text, got \`authentication\` without TLS.`
        + '\n→ give `certificateAuthority`, or `tls`, which may be {}.',
      ] : [],
    ];
  }

  public routeFor(_signal: Signal): TelemetryRoute {
    const { resolver, tls, certificateAuthority, clientCertificate, authentication } = this.options;
    return {
      // With neither of them synthesis fails; everything else is told along with it.
      endpoint: this.options.endpoint ?? (resolver === undefined ? NOWHERE : undefined),
      resolver,
      ...resolver === undefined ? {} : { routing: this.routing },
      insecure: this.isPlain(),
      tls,
      certificateAuthority,
      clientCertificate,
      authentication,
    };
  }

  private get routing(): Routing {
    return this.options.routing ?? BY_TRACE;
  }

  private tellsOfTls(): boolean {
    const { tls, certificateAuthority, clientCertificate } = this.options;
    return certificateAuthority !== undefined || clientCertificate !== undefined
      || (tls !== undefined && tls.insecure !== true);
  }

  private isPlain(): boolean {
    const { resolver, insecure, tls } = this.options;
    const endpoint = this.options.endpoint ?? (resolver === undefined ? NOWHERE : '');
    return insecure ?? tls?.insecure
      ?? (this.tellsOfTls() ? /^http:/i.test(endpoint) : isNear(endpoint, resolver));
  }
}

/** Whether all that is sent to is inside the cluster. */
function isNear(endpoint: string, resolver: Resolver | undefined): boolean {
  return resolver === undefined ? isInCluster(endpoint) : resolver._isInCluster;
}
