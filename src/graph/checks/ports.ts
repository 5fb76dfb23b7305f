/** Every port of a pod is one that it may listen on, and each is used once. */
import type { Check } from './check';
import type { TierPorts } from '../tier-facts';

/** Ports that are none, or that something else of the pod needs. */
export const ports: Check = ({ ports: all }) =>
  [...outOfRange(all), ...misnamed(all), ...taken(all)];

const PEERS_ENDPOINT = 'extensions.trace_peers.endpoint';

function outOfRange({ grpc, http }: TierPorts): string[] {
  return given({ grpcPort: grpc, httpPort: http })
    .filter(({ port }) => !Number.isInteger(port) || port < 1024 || port > 65_535)
    .map(({ name, port }) =>
      `${name}: must be a whole number from 1024 to 65535 (the pods are not root), got ${port}.`
      + `\n→ leave \`${name}\` out to listen where everybody expects it.`);
}

function misnamed({ others }: TierPorts): string[] {
  const names = ['otlp-grpc', 'otlp-http', 'metrics', 'health', ...others.map(({ name }) => name)];
  return others.filter(({ name }) => names.indexOf(name) !== names.lastIndexOf(name)
    || !/^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(name))
    .map(({ name, port }) =>
      `ports (${port}): must have a name of its own, at most 15 lower-case letters, digits and -,`
      + ` got ${JSON.stringify(name)}.\n→ give the port another \`name\`.`);
}

/** A number that is used twice; one sentence for the first one is enough to find the other. */
function taken({ grpc, http, metrics, health, peers, others }: TierPorts): string[] {
  const known = given({ metrics, health });
  const added = [
    ...given({ [PEERS_ENDPOINT]: peers, grpcPort: grpc, httpPort: http }),
    ...others.filter(({ protocol = 'TCP' }) => protocol === 'TCP')
      .map(({ name, port }) => ({ name: `ports (${name})`, port })),
  ];
  const clash = added.find(({ port }, index) => known.some((other) => other.port === port)
    || added.slice(0, index).some((other) => other.port === port));
  if (clash === undefined) return [];
  const uses = [...given({ grpc, http, metrics, health, peers }), ...others];
  return [`${clash.name}: must differ from the other ports of the pod`
    + ` (${uses.map(({ name, port }) => `${name} ${port}`).join(', ')}), got ${clash.port}.`
    + '\n→ choose another.'];
}

function given(
  named: Readonly<Record<string, number | undefined>>,
): { readonly name: string; readonly port: number }[] {
  return Object.entries(named)
    .flatMap(([name, port]) => port === undefined ? [] : [{ name, port }]);
}
