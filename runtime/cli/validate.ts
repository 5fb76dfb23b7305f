/** `otelgw validate`: tells every mistake in a configuration without running it. */
import { parseArgs } from 'util';
import { problemReport } from '../config';
import { messageOf } from '../errors';
import { UsageError, type Command } from './command';
import { readConfiguration } from './run';

/** Reads a configuration as `run` would. */
export const validate: Command = {
  name: 'validate',
  summary: 'check a configuration: --config FILE|env:NAME|yaml:TEXT|http(s)://…',
  run: async (argv) => {
    const { problems, warnings } = await readConfiguration(configsOf(argv));
    if (warnings.length > 0) console.error(problemReport(warnings));
    if (problems.length > 0) {
      console.error(problemReport(problems));
      return 1;
    }
    console.log('the configuration is valid');
    return 0;
  },
};

function configsOf(argv: readonly string[]): string[] {
  try {
    const { values } = parseArgs({
      args: [...argv], options: { config: { type: 'string', multiple: true, short: 'c' } },
    });
    if (values.config === undefined) throw new Error('--config: must be given, got none');
    return values.config;
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
