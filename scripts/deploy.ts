// `npm run deploy`: deploys the Worker to a Cloudflare account, or takes it down.

import { createInterface } from 'node:readline/promises';
import { createDeployCommand, type DeployFlags } from './deploy/command.ts';
import { ownProduct, runDeployment } from './deploy/run.ts';
import { withTemporaryFolder } from './local/temporary-folder.ts';
import { runCommand } from './terminal/command.ts';
import { handleSignals, INTERRUPTED } from './terminal/shutdown.ts';

const TEST_LIMIT_MS = 120_000;
const TEST_POLL_MS = 3_000;

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

const run = (flags: DeployFlags): Promise<void> => {
  // Ends the process in a way that deletes the folder, which may have secrets.
  handleSignals(INTERRUPTED);
  return withTemporaryFolder('deploy', (folder) =>
    runDeployment(flags, {
      env: process.env,
      folder,
      isTerminal: process.stdout.isTTY === true && process.stdin.isTTY === true,
      report: console.log,
      ask,
      ...ownProduct,
      testLimitMs: TEST_LIMIT_MS,
      testPollMs: TEST_POLL_MS,
    }),
  );
};

await runCommand(createDeployCommand().action(run));
