/** Kubernetes quantities such as `512Mi` and `500m`. */

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  'm': 1e-3,
  'u': 1e-6,
  'n': 1e-9,
  'k': 1e3,
  'M': 1e6,
  'G': 1e9,
  'T': 1e12,
  'P': 1e15,
  'E': 1e18,
  'Ki': 2 ** 10,
  'Mi': 2 ** 20,
  'Gi': 2 ** 30,
  'Ti': 2 ** 40,
  'Pi': 2 ** 50,
  'Ei': 2 ** 60,
};

/**
 * The number that `text` stands for.
 *
 * @throws Error when it is no quantity.
 */
export function readQuantity(text: string | number): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(String(text));
  const factor = match === null ? undefined : FACTORS[match[2]];
  if (match === null || factor === undefined) {
    throw new Error(`quantity: must be a number with a suffix such as Mi or m, got "${text}"`);
  }
  return Number(match[1]) * factor;
}
