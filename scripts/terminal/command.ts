// The behaviour that all commands share: usage as npm expects it, and one line for each mistake.

import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';

/** Exit code of a command whose flags are wrong. */
const MISUSED = 2;
const HELP_WIDTH = 110;
/** Work that a failed command has left may not go on for longer: the command would never end. */
const LEFT_OVER_MS = 5_000;

/** `name`: the npm script. Subcommands inherit all of this. */
export const createCommand = (name: string, summary: string) =>
  new StrictCommand(name)
    .description(summary)
    .helpOption('--help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureHelp({ helpWidth: HELP_WIDTH, commandUsage })
    .configureOutput({
      outputError: (message, write) => {
        const line = message
          .replace(/^error: /, '')
          .trim()
          .replaceAll('\n', ' ')
          .replace(/\.$/, '');
        write(`${name}: ${line}; see --help\n`);
      },
    });

/** Refuses a flag in place of an option's value. Commander takes it: `--state --json` would make a folder `--json`. */
class StrictCommand extends Command {
  override createCommand(name?: string): Command {
    return new StrictCommand(name);
  }

  override parseOptions(args: string[]) {
    for (let at = 0; at < args.length && args[at] !== '--'; at++) {
      const flag = args[at]!;
      const option = this.options.find(({ long }) => long === flag);
      if (!option?.required) continue;
      const value = args[++at];
      if (value?.startsWith('--'))
        this.error(
          `error: option '${option.flags}' needs a value, not '${value}' (${flag}=… if the value begins with dashes)`,
        );
    }
    return super.parseOptions(args);
  }
}

function commandUsage(command: CommandUnknownOpts): string {
  const names = [command.name()];
  for (let { parent } = command; parent !== null; parent = parent.parent) names.unshift(parent.name());
  const [script, ...subcommands] = names;
  return ['npm run', script, '--', ...subcommands, command.usage()].join(' ');
}

/**
 * Runs the command with the process's arguments and sets the exit code: 1 if it throws, 2 if the flags are wrong.
 * `explain`: the text for an error that the command threw. After one, the process ends within five seconds even if
 * work goes on.
 */
export async function runCommand(
  command: CommandUnknownOpts,
  explain: (error: Error) => string = explainError,
): Promise<void> {
  try {
    await command.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander treats a missing subcommand as an error after it has shown the help.
      if (error.exitCode !== 0 && error.code !== 'commander.help') process.exitCode = MISUSED;
      return;
    }
    console.error(`${command.name()}: ${explain(error as Error)}`);
    process.exitCode = 1;
    setTimeout(() => process.exit(), LEFT_OVER_MS).unref();
  }
}

/** Returns the text for an error: of one in the file system, the path and not the system's call. */
export function explainError({ code, path, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' && path !== undefined) return `no such file or folder: ${path}`;
  if (code === 'EISDIR') return 'this is a folder; name a file';
  return message;
}
