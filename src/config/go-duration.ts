/**
 * Durations as Go writes them (`1h30m`, `200ms`), in milliseconds.
 */

const MILLISECONDS: Record<string, number> = {
  ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000,
};
// The two letters mu are escaped: with one of them the bundle would take two bytes a character.
const PART = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const WHOLE = new RegExp(`^[-+]?(?:${PART.source})+$`);

/** Milliseconds of a Go duration; nothing when the text is not one. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0' || text === '+0' || text === '-0') return 0;
  if (!WHOLE.test(text)) return undefined;
  let total = 0;
  for (const [, number, unit] of text.matchAll(PART)) total += Number(number) * MILLISECONDS[unit];
  return text.startsWith('-') ? -total : total;
}

/** The shortest Go duration for so many milliseconds: `1h30m`, `1.5s`, `200ms`. */
export function formatGoDuration(milliseconds: number): string {
  const whole = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? '-' : '';
  if (whole === 0) return '0s';
  if (whole < 1_000) return sign + belowSecond(whole);
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole % 3_600_000 / 60_000);
  const seconds = Number((whole % 60_000 / 1_000).toFixed(9));
  const parts = [[hours, 'h'], [minutes, 'm'], [seconds, 's']] as const;
  return sign + parts.filter(([n]) => n > 0).map(([n, unit]) => `${n}${unit}`).join('');
}

function belowSecond(milliseconds: number): string {
  if (milliseconds >= 1) return `${Number(milliseconds.toFixed(6))}ms`;
  if (milliseconds >= 1e-3) return `${Number((milliseconds * 1e3).toFixed(3))}us`;
  return `${Math.round(milliseconds * 1e6)}ns`;
}
