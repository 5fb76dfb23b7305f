/** Writing with contracts, without stopping at the first mistake. */
import { ConfigurationError, type Problem, type Yaml } from './config';

/** Writes with a contract; mistakes are put into `problems`. */
export function attempt(problems: Problem[], write: () => Yaml): Yaml {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
    return {};
  }
}
