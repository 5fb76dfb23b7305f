/** Every tier has a name that its objects can have, and no other tier has. */
import type { Check } from './check';

/** Names that another tier has, or that no object can have. */
export const tierName: Check = ({ path, name, chart, namespace }, app) => {
  const twin = app.find((tier) => tier.path !== path && tier.chart === chart
    && tier.namespace === namespace && (tier.name === name || tier.headlessName === name));
  if (twin !== undefined) {
    return [`name: must be unique in its chart, but ${twin.path} is named ${twin.name}`
      + `${twin.name === name ? '' : ` and has a Service ${name}`}, too.`
      + '\n→ give one of them another `name`.'];
  }
  return /^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$/.test(name) ? [] : [
    'name: must be at most 52 lower-case letters, digits and -, beginning with a letter, got'
    + ` ${JSON.stringify(name)}.\n→ give \`name\`, or another id to the construct.`,
  ];
};
