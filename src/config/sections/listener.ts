/**
 * Where a server listens: an address of this machine, or a file.
 */
import type { Duration } from 'cdk8s';
import { choice, duration, text, withoutEffect } from '../fields';
import { hostPortFault } from '../host-port';
import { shown } from '../problem';
import { section, type Report } from '../section';

/** How a server would dial. */
export interface DialerConfig {
  /**
   * Time that dialling may take. It has no effect: servers dial nobody.
   * @default Duration.millis(0)
   */
  readonly timeout?: Duration;
}

/** Transports of upstream that carry no streams of bytes, or not on this system. */
const OTHER_TRANSPORTS = [
  'udp', 'udp4', 'udp6', 'ip', 'ip4', 'ip6', 'unixgram', 'unixpacket', 'npipe',
];

/** The fields of a server's address; `usual` is what it is unless told otherwise. */
export function listenerFields(usual: string) {
  return {
    endpoint: text({ fallback: usual }),
    transport: choice(['tcp', 'tcp4', 'tcp6', 'unix'], 'tcp', OTHER_TRANSPORTS),
    dialer: withoutEffect(
      section<DialerConfig>()({ timeout: duration('0s') }), 'servers dial nobody'),
  };
}

/** The endpoint is what the transport needs: a file's path for unix, `host:port` otherwise. */
export function endpointFitsTransport(
  { endpoint, transport }: { readonly endpoint: string; readonly transport: string },
  report: Report,
): void {
  const fault = transport === 'unix' ? pathFault(endpoint) : hostPortFault(endpoint);
  if (fault !== undefined) report(['endpoint'], `${fault}, got ${shown(endpoint)}`);
}

/** The longest path of a socket that Linux takes, in bytes. */
const LONGEST_PATH = 107;

function pathFault(path: string): string | undefined {
  if (path === '') return 'must be the path of a socket beside transport unix';
  return new TextEncoder().encode(path).length > LONGEST_PATH
    ? `must be a path of at most ${LONGEST_PATH} bytes beside transport unix` : undefined;
}
