// `npm run chaos`: proves that nothing accepted is lost, whatever dies when. The run itself is in scripts/chaos/.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { choosePlayers, createChaosCommand, type Flags } from './chaos/command.ts';
import { formatReport, isClean, listMissingFaults } from './chaos/report.ts';
import { runChaos } from './chaos/run.ts';
import { runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { createProgress } from './terminal/progress.ts';
import { handleSignals, INTERRUPTED } from './terminal/shutdown.ts';

/** An event that is lost four times in a row is sent again 21 minutes after it was received, then hourly. */
const DRAIN_TIMEOUT_MS = 90 * 60_000;
/** Share of the queue's messages that are lost. */
const DROPPED = 0.03;

async function chaos({ json, outage: outageMs, ...flags }: Flags): Promise<void> {
  const players = choosePlayers(flags);
  const printJson = json ? reserveStdout() : undefined;
  const shutdown = handleSignals(INTERRUPTED);
  const state = flags.state ?? mkdtempSync(path.join(os.tmpdir(), 'bloodstream-chaos-'));
  if (existsSync(path.join(state, 'v3'))) throw new Error(`${state} has a store already: name another folder`);
  const progress = createProgress();
  try {
    const report = await runChaos(
      {
        ...flags,
        state,
        players,
        outageMs,
        dropped: DROPPED,
        drainTimeoutMs: DRAIN_TIMEOUT_MS,
        log: console.error,
        onProgress: progress.update,
      },
      shutdown,
    );
    progress.end();
    if (printJson) printJson(report);
    else console.log(formatReport(report));
    const missing = listMissingFaults(report, { kills: flags.kills, outageMs });
    if (missing.length > 0) console.error(`This run proves less than planned. Missing: ${missing.join(', ')}.`);
    const passed = isClean(report) && missing.length === 0;
    if (flags.state === undefined && passed) rmSync(state, { recursive: true });
    else console.error(`The store and wrangler.log are in ${state}.`);
    await shutdown.exit(passed ? 0 : 1);
  } catch (error) {
    // Children ended by the shutdown fail too; that is expected.
    if (!shutdown.started) console.error(`chaos: ${(error as Error).message}; see wrangler.log in ${state}`);
    await shutdown.exit(1);
  }
}

await runCommand(createChaosCommand().action(chaos));
