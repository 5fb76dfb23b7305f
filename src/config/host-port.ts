/**
 * Addresses as `host:port`.
 */
import * as z from 'zod/mini';
import { leaf, mustBe, type Field } from './fields';
import { shown } from './problem';

/** Why `address` is not `host:port`; nothing when it is. */
export function hostPortFault(address: string): string | undefined {
  if (/\s/.test(address)) return 'must not hold spaces';
  const match = /^(?:\[[^\]]*\]|[^:[\]]*):([^:]*)$/.exec(address);
  if (match === null) {
    const isBareIpv6 = address.split(':').length > 2 && !address.startsWith('[');
    return isBareIpv6
      ? 'must hold an IPv6 address in brackets, as [::1]:4317'
      : 'must be host:port';
  }
  const port = Number(match[1]);
  return /^\d+$/.test(match[1]) && port <= 65_535
    ? undefined
    : 'must end in a port from 0 to 65535';
}

/** The address that a server listens on; `usual` is what it is unless it must be given. */
export function listenAddress(usual: string, hasDefault = true): Field<string, string> {
  const what = `host:port such as ${usual}`;
  return leaf(() => z.string(mustBe(what)), hasDefault ? usual : undefined, {
    decode: (value: string, refuse) => {
      const fault = hostPortFault(value);
      if (fault !== undefined) refuse(`${fault}, got ${shown(value)}`);
      return value;
    },
  });
}
