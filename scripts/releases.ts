// `npm run releases`: lists the releases of a running Worker, and chooses the one in use.

import { createReleasesCommand } from './releases/command.ts';
import { runCommand } from './terminal/command.ts';

await runCommand(createReleasesCommand());
