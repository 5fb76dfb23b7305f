/** The entry of the bundle: the words of the command line, and the exit code. */
import { UsageError } from './cli/command';
import { commands } from './cli/commands';
import { messageOf } from './errors';
import { version } from './version';

async function main([name = 'help', ...argv]: readonly string[]): Promise<number> {
  if (name === '--version' || name === 'version') {
    console.log(version);
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const help = ['help', '--help', '-h'].includes(name);
    (help ? console.log : console.error)(usage(help ? undefined : name));
    return help ? 0 : 2;
  }
  try {
    return await command.run(argv);
  } catch (error) {
    console.error(`otelgw ${name}: ${messageOf(error)}`);
    if (!(error instanceof UsageError)) return 1;
    console.error(`usage: otelgw ${name}  ${command.summary}`);
    return 2;
  }
}

function usage(unknown?: string): string {
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`);
  const wrong = unknown === undefined ? []
    : [`otelgw: must be called with one of its commands, got "${unknown}"`];
  return [...wrong, `otelgw ${version}`, ...lines, '  version     print the version'].join('\n');
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
