/** Where what one tier sends meets another tier of the app. */
import { serviceNames } from '../cluster-name';
import { destinations, type Destination } from '../destinations';
import type { TierFacts } from '../tier-facts';

/** An address that a tier sends to, and the tier behind it. */
export interface Meeting {
  /** The address. */
  readonly destination: Destination;
  /** Where the exporter stands, for messages. */
  readonly where: string;
  /** The tier that is reached. */
  readonly receiver: TierFacts;
}

/** Where it stands, for messages. */
export function placeOf({ exporter, setting }: Destination): string {
  return ['exporters', exporter, ...setting === undefined ? [] : [setting]].join('.');
}

/** The tier that a destination leads to, at whatever port. */
export function receiverOf(
  sender: TierFacts, { host }: Destination, app: readonly TierFacts[],
): TierFacts | undefined {
  const named = app.filter((tier) => namesOf(tier, sender).includes(host));
  return named.find(({ chart }) => chart === sender.chart) ?? named[0];
}

/** All addresses at which `sender` means a tier of the app that speaks its protocol. */
export function meetings(sender: TierFacts, app: readonly TierFacts[]): Meeting[] {
  return destinations(sender.data).flatMap((destination) => {
    const receiver = receiverOf(sender, destination, app);
    return receiver?.ports[destination.protocol] === undefined ? []
      : [{ destination, where: placeOf(destination), receiver }];
  });
}

/** Whether a destination is the Service that has one address per pod. */
export function isHeadless({ host }: Destination, { headlessName }: TierFacts): boolean {
  return headlessName !== undefined && host.split('.')[0] === headlessName;
}

function namesOf(tier: TierFacts, sender: TierFacts): string[] {
  const { name, headlessName, namespace } = tier;
  return [name, headlessName].flatMap((service) => service === undefined
    ? [] : serviceNames(service, namespace, sender.namespace));
}
