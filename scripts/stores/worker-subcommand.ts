// A subcommand that calls a Worker: the flags that choose it, and --json.

import type { createCommand } from '../terminal/command.ts';
import { environmentOption, jsonOption, remoteWorkerOption, urlOption } from '../terminal/options.ts';

/** `name`: with its arguments, such as `show <id>`. */
export const addWorkerSubcommand = <const Name extends string>(
  parent: ReturnType<typeof createCommand>,
  name: Name,
  description: string,
) =>
  parent
    .command(name)
    .description(description)
    .addOption(urlOption())
    .addOption(remoteWorkerOption())
    .addOption(environmentOption())
    .addOption(jsonOption());
