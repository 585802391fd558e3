import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeEvent } from '../../tests/event.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { nameJobLease, withLease } from '../../workers/storage/leases.ts';
import { readCountedSequence } from '../../workers/storage/roll-up.ts';
import { readSnapshotManifest } from '../../workers/storage/snapshots.ts';
import { withPlatform } from '../local/platform.ts';
import { markServed } from '../local/state-lock.ts';
import { countLog, exportLog } from './catch-up.ts';

const NOW = Date.UTC(2026, 2, 10);
const EVENTS = Array.from({ length: 300 }, (_, n) =>
  makeEvent(`p${n % 60}`, 'play', `g${(n + Math.floor(n / 60)) % 12}`, NOW + n, { id: `e${n}` }),
);

function makeState(): string {
  const state = mkdtempSync(path.join(tmpdir(), 'catch-up-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  return state;
}

test('more than one run may do is counted and exported to the end, after the run that holds the lease', async () => {
  await withPlatform(makeState(), async (stores) => {
    const { DB, BUCKET } = stores;
    const steps: string[] = [];
    const onProgress = (step: string) => steps.push(step);
    await insertEvents(DB, EVENTS);
    // A run counts at most forty pages.
    expect(await countLog(stores, onProgress, { gamesPerDay: 2, pageEvents: 2 })).toBe(300);
    expect(await readCountedSequence(DB)).toBe(300);
    // Sixty players with five games each.
    expect(await DB.prepare('select sum(players) as players from daily_counts').first('players')).toBe(120);
    expect(steps).toEqual([80, 160, 240].map((events) => `counting ${events} of 300 events`));

    // A run exports at most 10,000 merges.
    await DB.prepare(
      `with recursive guests (n) as (select 1 union all select n + 1 from guests where n < 21000)
       insert into merges (from_user_id, to_user_id, merged_at) select 'guest-' || n, 'p1', ?1 from guests`,
    )
      .bind(NOW)
      .run();
    let release = () => {};
    const other = withLease(
      DB,
      nameJobLease('export-snapshot'),
      () => new Promise<void>((resolve) => (release = resolve)),
    );
    const exporting = exportLog(stores, onProgress);
    await expect.poll(() => steps.at(-1)).toContain('waiting for another run of export-snapshot');
    expect(await readSnapshotManifest(BUCKET)).toBeUndefined();
    release();
    await other;
    expect(await exporting).toBe(21_300);
    const snapshot = await readSnapshotManifest(BUCKET);
    expect(snapshot?.lastSequences).toEqual([300]);
    expect(snapshot?.merges.map(({ rows }) => rows)).toEqual([10_000, 10_000, 1_000]);
    expect(await exportLog(stores, onProgress)).toBe(0);
  });
}, 240_000);

test('a training makes the snapshot that it needs, unless a server does', async () => {
  const state = makeState();
  const script = path.join(import.meta.dirname, '../train.ts');
  const train = () => {
    const flags = ['--state', state, '--algorithms', 'popularity', '--budget', '10s', '--force', '--json'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...flags], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout).data;
  };
  await withPlatform(state, ({ DB }) => insertEvents(DB, EVENTS.slice(0, 200)));
  expect(train()).toMatchObject({ lastSequences: [200] });
  await withPlatform(state, ({ DB }) => insertEvents(DB, EVENTS.slice(200)));
  const endServing = markServed(state);
  expect(train()).toMatchObject({ lastSequences: [200] });
  endServing();
  expect(train()).toMatchObject({ lastSequences: [300] });
}, 240_000);
