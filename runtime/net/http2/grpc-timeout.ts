/** The header `grpc-timeout`: up to eight digits and a unit. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6,
};
const MOST_LETTERS = 9;

/** Milliseconds that `text` stands for, or what the Go implementation says of it. */
export function parseGrpcTimeout(text: string): number | string {
  if (text.length < 2) return `transport: timeout string is too short: ${JSON.stringify(text)}`;
  if (text.length > MOST_LETTERS) {
    return `transport: timeout string is too long: ${JSON.stringify(text)}`;
  }
  const unit = text[text.length - 1];
  if (!Object.hasOwn(UNITS, unit)) {
    return `transport: timeout unit is not recognized: ${JSON.stringify(text)}`;
  }
  const digits = text.slice(0, -1);
  return /^\d+$/.test(digits)
    ? Number(digits) * UNITS[unit]
    : `strconv.ParseUint: parsing ${JSON.stringify(digits)}: invalid syntax`;
}
