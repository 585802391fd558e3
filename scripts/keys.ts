// `npm run keys`: lists, creates and revokes the keys of a running Worker.

import { createKeysCommand } from './keys/command.ts';
import { runCommand } from './terminal/command.ts';

await runCommand(createKeysCommand());
