// `npm run dead-letters`: lists the messages that could not be processed, and processes them again or deletes them.

import { createDeadLettersCommand } from './dead-letters/command.ts';
import { runCommand } from './terminal/command.ts';

await runCommand(createDeadLettersCommand());
