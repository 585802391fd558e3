// Runs the snippets of every guide and of docs/answers.md against the Worker of `npm start`. The guides use
// players of their own, so that no other test counts them.

import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { listGuides, readGuide } from '../scripts/abuse/guide-blocks.ts';
import { findFreePort } from '../scripts/local/local-server.ts';
import { isInstalled, listTools, runGuide } from './guide.ts';
import { openPatientProxy, type PatientProxy } from './patient-proxy.ts';

let proxy: PatientProxy;
beforeAll(async () => {
  proxy = await openPatientProxy(inject('url'));
});
afterAll(() => proxy.close());

async function findFaults(guide: string, tool?: string): Promise<string> {
  const surroundings = { url: proxy.url, receiverPort: await findFreePort(), ...(tool !== undefined && { tool }) };
  return (await runGuide(readGuide(guide), surroundings)).faults.join('\n');
}

const callsWorker = (guide: string) => readGuide(guide).includes('localhost:8787');

// Those that need no Worker, such as imports, come first and run at the same time.
for (const guide of listGuides().toSorted((a, b) => Number(callsWorker(a)) - Number(callsWorker(b))))
  (callsWorker(guide) ? it : it.concurrent)(`${guide}: every snippet does what the guide says`, async () =>
    expect(await findFaults(guide)).toBe(''),
  );

/** Debian has no package of .NET, so CI cannot install it. */
const SKIPPED_IN_CI = new Set(['dotnet']);
const maySkip = (tool: string): boolean => !process.env.CI || SKIPPED_IN_CI.has(tool);

// Skipped, not passed, where the language is not installed.
for (const guide of listGuides())
  for (const tool of listTools(readGuide(guide)))
    it.skipIf(!isInstalled(tool) && maySkip(tool))(
      `${guide}: every snippet that needs ${tool} does what the guide says`,
      async () => expect(await findFaults(guide, tool)).toBe(''),
    );
