/**
 * Finds the name that was probably meant.
 */

/** The known name that is nearest to `wrong`, unless none is near enough to be meant. */
export function nearestName(wrong: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(wrong.length / 3));
  let nearest: string | undefined;
  let least = limit + 1;
  for (const name of known) {
    const distance = editDistance(plain(wrong), plain(name));
    if (distance < least) [nearest, least] = [name, distance];
  }
  return nearest;
}

/** A half sentence that proposes the nearest name, or nothing. */
export function didYouMean(wrong: string, known: Iterable<string>): string {
  const nearest = nearestName(wrong, known);
  return nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
}

/** Whether two names differ in one letter that was added, dropped, changed or swapped. */
export function isOneLetterOff(one: string, other: string): boolean {
  return editDistance(one, other) === 1;
}

/** Case and separators are the commonest slips, so they cost nothing. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[_\-\s]/g, '');
}

/** Number of letters to add, drop, change or swap (optimal string alignment). */
function editDistance(source: string, target: string): number {
  let previous: number[] = [];
  let above = Array.from({ length: target.length + 1 }, (_, column) => column);
  for (let row = 1; row <= source.length; row++) {
    const current = [row];
    for (let column = 1; column <= target.length; column++) {
      const change = source[row - 1] === target[column - 1] ? 0 : 1;
      current[column] = Math.min(
        above[column] + 1, current[column - 1] + 1, above[column - 1] + change);
      const isSwap = row > 1 && column > 1
        && source[row - 1] === target[column - 2] && source[row - 2] === target[column - 1];
      if (isSwap) current[column] = Math.min(current[column], previous[column - 2] + 1);
    }
    [previous, above] = [above, current];
  }
  return above[target.length];
}
