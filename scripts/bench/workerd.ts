// Starts a Worker in a separate workerd, without wrangler dev's proxy. Its logs, and wrangler's, go to stdout: a
// command with --json reserves that first.

import { createTestHarness } from 'wrangler';
import type { Stores } from '../../workers/storage/stores.ts';
import { PROJECT_DIR } from '../local/project.ts';

type Options = NonNullable<Parameters<typeof createTestHarness>[0]>;
type Worker = Extract<Options, { workers: unknown }>['workers'][number];

export async function startWorkerd(worker: Worker) {
  // Wrangler's own store of traces would write some rows for each call of a store, on the Worker's thread.
  process.env.X_LOCAL_OBSERVABILITY = 'false';
  const harness = createTestHarness({ root: PROJECT_DIR, workers: [worker] });
  const { url } = await harness.listen();
  return {
    url: url.origin,
    close: () => harness.close(),
    /** Triggers a cron and waits for its jobs. Throws if one fails. */
    async runCron(cron: string): Promise<void> {
      const { outcome } = await harness.getWorker().scheduled({ cron });
      if (outcome !== 'ok') throw new Error(`the cron “${cron}” failed: ${outcome}`);
    },
    async stores(): Promise<Stores> {
      const running = harness.getWorker<Env>();
      await running.applyD1Migrations('DB');
      return running.getEnv();
    },
  };
}
