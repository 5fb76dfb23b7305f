/** `otelgw validate`: tells every mistake in a configuration without running it. */
import { parseArgs } from 'util';
import { problemReport } from '../config';
import { messageOf } from '../errors';
import { UsageError, type Command } from './command';
import { readConfigSource } from './config-sources';
import { readConfiguration } from './run';
import { upstreamComplaints, upstreamTarget } from './upstream-validation';

/** Reads a configuration as `run` would, or as a distribution of upstream's. */
export const validate: Command = {
  name: 'validate',
  summary: 'check a configuration: --config FILE|env:NAME|yaml:TEXT|http(s)://…'
    + ' [--distribution otelcol-contrib:VERSION] [--feature-gates ID,-ID]',
  run: async (argv) => {
    const { configs, distribution, featureGates } = wordsOf(argv);
    const complaints = distribution === undefined
      ? await ownComplaints(configs, featureGates) : await othersComplaints(configs, distribution);
    for (const complaint of complaints) console.error(complaint);
    if (complaints.length > 0) return 1;
    console.log('the configuration is valid');
    return 0;
  },
};

async function ownComplaints(
  configs: readonly string[], featureGates: readonly string[],
): Promise<string[]> {
  const { problems, warnings } = await readConfiguration(configs, featureGates);
  if (warnings.length > 0) console.error(problemReport(warnings));
  return problems.length === 0 ? [] : [problemReport(problems)];
}

async function othersComplaints(
  configs: readonly string[], distribution: string,
): Promise<string[]> {
  const target = upstreamTarget(distribution);
  const sources = await Promise.all(configs.map((given) => readConfigSource(given, process.env)));
  return upstreamComplaints(sources, target);
}

interface Words {
  readonly configs: readonly string[];
  readonly distribution?: string;
  readonly featureGates: readonly string[];
}

function wordsOf(argv: readonly string[]): Words {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        'config': { type: 'string', multiple: true, short: 'c' },
        'distribution': { type: 'string' },
        'feature-gates': { type: 'string', multiple: true, default: [] },
      },
    });
    if (values.config === undefined) throw new Error('--config: must be given, got none');
    return {
      configs: values.config,
      distribution: values.distribution,
      featureGates: values['feature-gates'],
    };
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
