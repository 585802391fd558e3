// `npm run abuse`: shows that no caller gets more access than it may have. The run itself is in scripts/abuse/.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createAbuseCommand, type Flags } from './abuse/command.ts';
import { formatReport, isClean } from './abuse/report.ts';
import { runAbuse } from './abuse/run.ts';
import { runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { createProgress } from './terminal/progress.ts';
import { handleSignals, INTERRUPTED } from './terminal/shutdown.ts';

async function abuse({ json, ...flags }: Flags): Promise<void> {
  const printJson = json ? reserveStdout() : undefined;
  const shutdown = handleSignals(INTERRUPTED);
  const state = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-abuse-'));
  const progress = createProgress();
  try {
    const report = await runAbuse({ ...flags, state, onProgress: progress.update }, shutdown);
    progress.end();
    if (printJson) printJson(report);
    else console.log(formatReport(report));
    const passed = isClean(report);
    if (passed) rmSync(state, { recursive: true });
    else console.error(`The store and wrangler.log are in ${state}.`);
    await shutdown.exit(passed ? 0 : 1);
  } catch (error) {
    // Children ended by the shutdown fail too; that is expected.
    if (!shutdown.started) console.error(`abuse: ${(error as Error).message}; see wrangler.log in ${state}`);
    await shutdown.exit(1);
  }
}

await runCommand(createAbuseCommand().action(abuse));
