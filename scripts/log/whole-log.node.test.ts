import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeEvent } from '../../tests/event.ts';
import { claimFinished } from '../../tests/merge.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { exportEvents } from '../../workers/storage/export-events.ts';
import { withPlatform } from '../local/platform.ts';

test('a query answers over archived events and those that only D1 has, with new merges', async () => {
  const state = mkdtempSync(path.join(tmpdir(), 'whole-log-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const query = (...flags: string[]) => {
    const script = path.join(import.meta.dirname, '../query.ts');
    const all = ['players-per-day', '--state', state, '--format', 'json', ...flags];
    return spawnSync(process.execPath, [script, ...all], { encoding: 'utf8' });
  };
  const empty = query();
  expect([empty.status, empty.stdout]).toEqual([1, '']);
  expect(empty.stderr).toContain('there is no event in');

  const [monday, tuesday] = [Date.UTC(2026, 0, 5), Date.UTC(2026, 0, 6)];
  await withPlatform(state, async ({ DB, BUCKET }) => {
    await insertEvents(DB, [makeEvent('guest', 'play', 'g1', monday), makeEvent('p1', 'play', 'g1', monday)]);
    await exportEvents(DB, 0, BUCKET, tuesday);
    await claimFinished(DB, 'guest', 'p1', tuesday);
    await insertEvents(DB, [makeEvent('p2', 'play', 'g2', monday), makeEvent('p2', 'play', 'g3', tuesday)]);
  });
  expect(JSON.parse(query().stdout)).toMatchObject([
    { day: '2026-01-06', players: 1, events: 1 },
    { day: '2026-01-05', players: 2, events: 3 },
  ]);
  expect(JSON.parse(query('--from', '2026-01-06').stdout)).toMatchObject([{ day: '2026-01-06', players: 1 }]);
}, 240_000);
