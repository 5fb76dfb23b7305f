/** `otelgw components`: lists what a configuration may name. */
import { contracts } from '../config';
import { UsageError, type Command } from './command';

const COLUMNS = ['section', 'type', 'older names', 'signals'];

/** Lists all components of this runtime. */
export const components: Command = {
  name: 'components',
  summary: 'list the components that a configuration may name',
  run: (argv) => {
    if (argv.length > 0) throw new UsageError(`components: must have no arguments, got ${argv[0]}`);
    const rows = [COLUMNS, ...contracts.map((contract) => [
      contract.section, contract.type, contract.aliases.join(', '),
      signalsOf(contract.section, contract.type),
    ])];
    const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    for (const row of rows) {
      console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
    }
    return Promise.resolve(0);
  },
};

function signalsOf(section: string, type: string): string {
  if (section === 'extensions') return '';
  return type === 'tail_sampling' || type === 'load_balancing'
    ? 'traces' : 'traces, metrics, logs';
}
