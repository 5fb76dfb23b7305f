/** Numbers that somebody gives a program of ours by a variable of its environment. */

/**
 * The number in the variable `name`, or `usual` where it is not set.
 *
 * @throws Error when it is no number from 0 on: a program that runs nothing finds nothing wrong.
 */
export function numberVariable(name: string, usual: number): number {
  const given = process.env[name];
  const number = given === undefined ? usual : Number(given);
  if (given?.trim() === '' || !Number.isFinite(number) || number < 0) {
    throw new Error(`${name}: must be a number from 0 on, got ${JSON.stringify(given)}`);
  }
  return number;
}
