import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { makeEvent } from '../../tests/event.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { withPlatform } from '../local/platform.ts';

const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2026, 2, 1);
/** Sixty players of four tastes; each plays the six games of their taste, one a day. */
const EVENTS = Array.from({ length: 60 }, (_, player) =>
  Array.from({ length: 6 }, (_, day) => {
    const game = `taste${player % 4}-game${(day + (player >> 2)) % 6}`;
    return makeEvent(`p${player}`, 'play', game, FIRST_DAY + day * DAY_MS + player);
  }),
).flat();

test('what a query counted is trained on: query, then train, as a person does it', async () => {
  const state = mkdtempSync(path.join(tmpdir(), 'counts-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  await withPlatform(state, ({ DB }) => insertEvents(DB, EVENTS));
  const run = (script: string, ...args: string[]) =>
    spawnSync(process.execPath, [path.join(import.meta.dirname, '..', script), ...args, '--state', state], {
      encoding: 'utf8',
    });
  const count = (algorithm: string, to: string) => {
    const file = path.join(state, `${algorithm}-${to}.parquet`);
    const { status, stderr } = run('query.ts', algorithm, '--to', to, '--format', 'parquet', '--output', file);
    expect(status, stderr).toBe(0);
    return `${algorithm}=${file}`;
  };
  const train = (...counts: string[]) =>
    run(
      'train.ts',
      ...['--algorithms', 'item-knn,transitions', '--budget', '10s', '--force', '--json'],
      ...counts.flatMap((one) => ['--counts', one]),
    );

  const transitions = count('transitions', '2026-03-03');
  const trained = train(transitions, count('item-knn', '2026-03-03'));
  expect(trained.status, trained.stderr).toBe(0);
  const report = JSON.parse(trained.stdout);
  // The last of the sixty plays 59 ms after midnight.
  expect(report.data.countedUntil).toBe('2026-03-03T00:00:00.059Z');
  expect(report.metrics.candidate.users).toBe(60);
  expect(report.candidates.map(({ algorithm }: { algorithm: string }) => algorithm)).toContain('transitions');

  const late = train(count('transitions', '2026-03-06'));
  expect([late.status, late.stdout]).toEqual([1, '']);
  expect(late.stderr).toContain('no held-out player has two interactions after 2026-03-06T00:00:00.059Z');
  // The player, who was in no file of the snapshot, was erased after the counts.
  await withPlatform(state, ({ DB }) =>
    DB.prepare(
      `insert into erasures (erasure_id, user_hash, requested_at, finished_at, snapshot)
       values ('e', 'h', ?1, ?1, '0')`,
    )
      .bind(Date.now())
      .run(),
  );
  const seen = train(transitions);
  expect([seen.status, seen.stdout]).toEqual([1, '']);
  expect(seen.stderr).toMatch(/before or less than an hour after a player was erased/);
  const wrong = train(transitions.replace('transitions=', 'item-knn='));
  expect([wrong.status, wrong.stdout]).toEqual([1, '']);
  expect(wrong.stderr).toMatch(/cannot train item-knn on .*: it has no column item_id, other_item_id/);
}, 600_000);
