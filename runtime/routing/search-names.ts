/** Which names to ask for when somebody says a short one, as resolv.conf(5) tells. */

const DEFAULT_NDOTS = 1;
/** As much as resolvers elsewhere take. */
const MOST_NDOTS = 15;

/**
 * The names to ask name servers for, in order. `resolvConf` is the text of `/etc/resolv.conf`; of
 * several lines `search` or `domain` the last one holds.
 */
export function candidateNames(hostname: string, resolvConf: string): string[] {
  if (hostname.endsWith('.')) return [hostname];
  let search: string[] = [];
  let ndots = DEFAULT_NDOTS;
  for (const line of resolvConf.split('\n')) {
    const [keyword, ...values] = line.replace(/[#;].*/, '').trim().split(/\s+/);
    if (keyword === 'search') search = values;
    if (keyword === 'domain') search = values.slice(0, 1);
    if (keyword === 'options') ndots = ndotsOf(values) ?? ndots;
  }
  const longer = search.map((domain) => domain.replace(/^\.|\.$/g, ''))
    .filter((domain) => domain !== '').map((domain) => `${hostname}.${domain}`);
  const dots = hostname.split('.').length - 1;
  return dots >= ndots ? [hostname, ...longer] : [...longer, hostname];
}

function ndotsOf(options: readonly string[]): number | undefined {
  const found = options.map((option) => /^ndots:(\d+)$/.exec(option)?.[1])
    .filter((digits) => digits !== undefined).at(-1);
  return found === undefined ? undefined : Math.min(MOST_NDOTS, Number(found));
}
