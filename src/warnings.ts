/** What synthesis tells though nothing is wrong: on stderr, once, in the form of mistakes. */
import type { IConstruct } from 'constructs';

const told = new WeakMap<IConstruct, Set<string>>();

/** Tells what to know of `construct`; what was told of it before is not told again. */
export function warn(construct: IConstruct, sentences: readonly string[]): void {
  const before = told.get(construct) ?? new Set();
  told.set(construct, before);
  for (const sentence of sentences.filter((each) => !before.has(each))) {
    before.add(sentence);
    console.warn(`Warning: [${construct.node.path}] ${sentence.replace(/\n/g, '\n    ')}`);
  }
}
