// The process of `npm run bench -- reading` that reads a drawn log as a training does; prints time and memory as JSON.
// Argument: the folder of the Parquet files.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { countInteractions } from '../../models/data/interactions.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { READING_MEMORY_LIMIT, readInteractions } from '../log/read-log.ts';
import { createViews } from '../log/views.ts';
import { readPeakMemoryMB } from '../terminal/peak-memory.ts';

const [, , folder] = process.argv;
const events = readdirSync(folder!).map((name) => path.join(folder!, name));
const startMB = readPeakMemoryMB();
const startedAt = performance.now();
const interactions = await withDuckDb(async (connection) => {
  await createViews(connection, { events, slates: [], merges: [] });
  return readInteractions(connection, () => {});
}, READING_MEMORY_LIMIT);
const { user, system } = process.cpuUsage();
console.log(
  JSON.stringify({
    interactions: countInteractions(interactions),
    users: interactions.userIds.length,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    startMB,
    peakMB: readPeakMemoryMB(),
  }),
);
