// One run of `npm run costs`: builds the Worker's files, measures, and prices what was measured.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { ITEMS } from '../bench/serving.ts';
import { PROJECT_DIR } from '../local/project.ts';
import type { Shutdown } from '../terminal/shutdown.ts';
import { measure, type Plan } from './measure.ts';
import { type CostReport, reportCosts } from './report.ts';
import { startCounted } from './server.ts';

export async function runCosts(plan: Plan, shutdown: Shutdown): Promise<CostReport> {
  // Its messages would end up in the JSON.
  await promisify(execFile)(process.execPath, [path.join(PROJECT_DIR, 'scripts/build.ts')]);
  plan.log('starting workerd …');
  const server = await startCounted();
  const forget = shutdown.add(server.close);
  try {
    return reportCosts(await measure(server, plan), plan.players, ITEMS);
  } finally {
    forget();
    await server.close();
  }
}
