/** Shows tokens that a server of OAuth 2.0 gives for a name and a secret, or a signature. */
import { fetchToken, type Token, type TokenStyle } from './token-request';
import type { Timer } from '../../clock';
import type { ComponentContext, Extension } from '../../component';
import type { OAuth2ClientSettings } from '../../config';
import { messageOf } from '../../errors';
import type { ClientAuthenticator, Credentials } from '../../net/authentication';
import { PeerLog } from '../../net/peer-log';
import { ClientTls, speaksTls } from '../../net/tls';

/** A server that refuses, or is away, is not asked again for every request. */
const PAUSE_MS = 1000;
/** Tokens are not shown to the last moment: a request is on its way for a while. */
const WAY_MS = 10_000;

/** Makes the extension `oauth2client`. */
export function createOAuth2ClientExtension(
  settings: OAuth2ClientSettings, context: ComponentContext,
): Extension & ClientAuthenticator {
  return new OAuth2Client(settings, context);
}

interface HeldToken {
  readonly credentials: Credentials;
  /** Until when it is shown, and from when on the next one is fetched, as monotonic time. */
  readonly ends: number;
  readonly renewAt: number;
}

class OAuth2Client implements Extension, ClientAuthenticator {
  public readonly needsTls = true;
  private readonly peers: PeerLog;
  private tls?: ClientTls;
  private style?: TokenStyle;
  private held?: HeldToken;
  private fetching?: Promise<Credentials>;
  private failure?: { readonly error: Error; readonly until: number };
  private readonly ending = new AbortController();
  private limit?: Timer;

  public constructor(
    private readonly settings: OAuth2ClientSettings, private readonly context: ComponentContext,
  ) {
    this.peers = new PeerLog(context);
  }

  public start(): Promise<void> {
    const { tls, tokenUrl } = this.settings;
    const { hostname, protocol } = new URL(tokenUrl);
    if (protocol === 'https:' && speaksTls(tls, 'https')) {
      this.tls = new ClientTls(tls, hostname.replace(/^\[|\]$/g, ''), this.context);
    }
    return Promise.resolve();
  }

  public stop(): Promise<void> {
    this.ending.abort();
    this.limit?.cancel();
    return Promise.resolve();
  }

  /** Requests go on with the token that is held for as long as it lasts while a next one comes. */
  public credentials(): Credentials | Promise<Credentials> {
    const now = this.context.clock.monotonic();
    const { held } = this;
    if (held !== undefined && now < held.renewAt) return held.credentials;
    const isPausing = this.failure !== undefined && now < this.failure.until;
    if (held !== undefined && now < held.ends) {
      if (!isPausing) this.renew().catch(() => undefined);
      return held.credentials;
    }
    if (isPausing && this.failure !== undefined) return Promise.reject(this.failure.error);
    return this.renew();
  }

  private renew(): Promise<Credentials> {
    this.fetching ??= this.fetch().finally(() => { this.fetching = undefined; });
    return this.fetching;
  }

  private async fetch(): Promise<Credentials> {
    const { clock } = this.context;
    const { timeout, tokenUrl } = this.settings;
    const begun = clock.monotonic();
    const late = new AbortController();
    if (timeout > 0) this.limit = clock.after(timeout, () => late.abort());
    try {
      const signal = AbortSignal.any([late.signal, this.ending.signal]);
      const token = await fetchToken(
        this.settings, this.style, this.tls?.options, signal, clock.now());
      this.style = token.style;
      this.failure = undefined;
      this.held = this.hold(token, begun);
      return this.held.credentials;
    } catch (thrown) {
      const reason = late.signal.aborted ? `no answer in ${timeout} ms` : messageOf(thrown);
      const error = new Error('failed to get security token from token endpoint'
        + ` (endpoint "${tokenUrl}"): ${reason}`);
      this.failure = { error, until: clock.monotonic() + PAUSE_MS };
      if (!this.ending.signal.aborted) {
        this.peers.warn('Cannot get a token.', new URL(tokenUrl).host, reason);
      }
      throw error;
    } finally {
      this.limit?.cancel();
    }
  }

  private hold({ accessToken, lifeMs, type }: Token, begun: number): HeldToken {
    const life = lifeMs ?? Infinity;
    const ends = begun + Math.max(life - WAY_MS, 0.9 * life);
    // A token that lives shorter than the buffer would be fetched again for every request.
    const renewAt = begun + Math.max(life - this.settings.expiryBuffer, 0.5 * life);
    const credentials: Credentials = [
      { action: 'upsert', name: 'authorization', value: `${type} ${accessToken}` },
    ];
    return { credentials, ends, renewAt };
  }
}
