/** Names in certificates, and names by which servers are called. */
import { serviceNames } from '../graph/cluster-name';

/** A tier's Services. */
export interface TierServices {
  /** The one with one address. */
  readonly name: string;
  /** The one with an address per pod, when there is one. */
  readonly headlessName?: string;
  /** Their namespace. */
  readonly namespace?: string;
}

/** All names under which a tier's pods are reached, but for those that end in a dot. */
export function namesOf({ name, headlessName, namespace }: TierServices): string[] {
  const services = headlessName === undefined ? [name] : [name, headlessName];
  const names = services.flatMap((service) => serviceNames(service, namespace, namespace))
    // Who verifies a name that ends in a dot leaves the dot out; in a certificate it is malformed.
    .filter((each) => !each.endsWith('.'));
  return headlessName === undefined || namespace === undefined
    ? names : [...names, `*.${headlessName}.${namespace}.svc.cluster.local`];
}

/** Whether a certificate with `names` is one of `host`; `*.` stands for one label. */
export function holdsName(names: readonly string[], host: string): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, '');
  return names.map((name) => name.toLowerCase()).some((name) => name === wanted
    || (name.startsWith('*.') && wanted.includes('.')
      && wanted.slice(wanted.indexOf('.')) === name.slice(1)));
}

/** The name that senders verify: `host` where the certificate has it, else one that it has. */
export function nameToVerify(names: readonly string[], host: string): string {
  return holdsName(names, host) ? host : names.find((name) => !name.startsWith('*')) ?? host;
}
