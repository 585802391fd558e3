// `npm run experiments`: tries variants of the algorithm on shares of the players of a running Worker.

import { createExperimentsCommand } from './experiments/command.ts';
import { runCommand } from './terminal/command.ts';

await runCommand(createExperimentsCommand());
