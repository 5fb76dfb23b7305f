/** Outputs of the real collector, kept beside this file. */
import { readFileSync } from 'fs';
import { join } from 'path';

/** The lines of `oracle/<name>.jsonl`. */
export function oracleLines<Line>(name: string): Line[] {
  const text = readFileSync(join(__dirname, 'oracle', `${name}.jsonl`), 'utf8');
  return text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}
