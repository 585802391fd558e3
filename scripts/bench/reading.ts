// Measures time and peak memory of reading drawn logs for training; each size runs in its own process.

import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { withTemporaryFolder } from '../local/temporary-folder.ts';
import { drawLog } from './draw-log.ts';

export interface ReadingReport {
  events: number;
  interactions: number;
  users: number;
  seconds: number;
  cpuSeconds: number;
  /** Memory of the process before the first read, and at its peak. */
  startMB: number;
  peakMB: number;
}

export const benchReading = (sizes: readonly number[], log: (message: string) => void): Promise<ReadingReport[]> =>
  withTemporaryFolder('reading', async (folder) => {
    const reports: ReadingReport[] = [];
    for (const events of sizes) {
      const own = path.join(folder, String(events));
      mkdirSync(own);
      log(`drawing ${events.toLocaleString('en')} events …`);
      await drawLog(own, events);
      log('reading them …');
      const script = path.join(import.meta.dirname, 'read-events.ts');
      const { stdout } = await promisify(execFile)(process.execPath, [script, own]);
      reports.push({ events, ...JSON.parse(stdout) });
    }
    return reports;
  });

export const formatReading = (reports: readonly ReadingReport[]): string =>
  reports
    .map(({ events, interactions, users, seconds, cpuSeconds, startMB, peakMB }) => {
      const count = (n: number) => n.toLocaleString('en');
      return (
        `${count(events).padStart(11)} events, ${count(interactions)} interactions of ${count(users)} players: ` +
        `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU), ${startMB} MB before, ${peakMB} MB at most`
      );
    })
    .join('\n');
