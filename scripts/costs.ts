// `npm run costs`: what events and galleries cost on Cloudflare. The measurement and the prices are in scripts/costs/,
// which is loaded only to run: it is slow to load.

import { type CostsFlags, createCostsCommand } from './costs/command.ts';
import { runCommand } from './terminal/command.ts';
import { openOutput } from './terminal/json-output.ts';
import { handleSignals, INTERRUPTED } from './terminal/shutdown.ts';

async function run({ players, pace, json }: CostsFlags): Promise<void> {
  const print = openOutput(json);
  const shutdown = handleSignals(INTERRUPTED);
  const { runCosts } = await import('./costs/run.ts');
  const { formatCosts } = await import('./costs/format.ts');
  const report = await runCosts({ players, paceMs: pace, log: console.error }, shutdown);
  print(report, formatCosts(report));
}

await runCommand(createCostsCommand().action(run));
// Open connections would keep the process alive.
process.exit();
