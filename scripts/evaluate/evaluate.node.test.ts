import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { RankingMetrics } from '../../models/contracts/release.ts';
import { createRandom } from '../../models/data/random.ts';
import { makeEvent } from '../../tests/event.ts';
import { claimFinished } from '../../tests/merge.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { exportEvents } from '../../workers/storage/export-events.ts';
import { withPlatform } from '../local/platform.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'evaluate-'));
const script = path.resolve(import.meta.dirname, '../evaluate.ts');
const evaluate = (...flags: string[]) => spawnSync(process.execPath, [script, ...flags], { encoding: 'utf8' });

/** 60 players with five games each: the game 0 first, then four in a row of twelve. */
function writeSequences(): string {
  const file = path.join(folder, 'sequences.txt');
  const lines = Array.from({ length: 60 }, (_, player) =>
    [0, ...Array.from({ length: 4 }, (_, n) => 1 + ((player + n) % 12))].map((item) => `${player} ${item}`),
  );
  writeFileSync(file, `${lines.flat().join('\n')}\n`);
  return file;
}

test('the outcome is a table for people and JSON for programs, identical for the same seed', () => {
  const file = writeSequences();
  const json = path.join(folder, 'out.json');
  const html = path.join(folder, 'out.html');
  for (const protocol of ['leave-one-out', 'temporal', 'strong-generalisation']) {
    const flags = [
      '--algorithms',
      'popularity',
      '--protocol',
      protocol,
      '--budget',
      '20s',
      '--json',
      json,
      '--html',
      html,
      file,
    ];
    const { status, stdout, stderr } = evaluate(...flags);
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('popularity *');
    const outcome = JSON.parse(readFileSync(json, 'utf8'));
    expect(outcome).toMatchObject({
      dataset: 'sequences.txt',
      protocol,
      users: 60,
      items: 13,
      interactions: 300,
      seed: 1,
      selected: 'popularity',
    });
    const [result] = outcome.results;
    const { users, ...metrics } = RankingMetrics.parse({ users: 0, ...result.metrics });
    expect(result.metrics).toEqual(metrics);
    for (const [name, [low, high]] of Object.entries<[number, number]>(result.ci95)) {
      expect(low).toBeLessThanOrEqual(result.metrics[name]);
      expect(high).toBeGreaterThanOrEqual(result.metrics[name]);
    }
    expect(result.forwardMs).toBeGreaterThan(0);
    expect(readFileSync(html, 'utf8')).toContain(`60 players, 13 games, 300 interactions; ${protocol}`);
    expect(Object.keys(result.ci95)).toEqual(['hitRate@10', 'ndcg@10', 'recall@20', 'ndcg@100', 'mrr']);
    evaluate(...flags);
    expect(JSON.parse(readFileSync(json, 'utf8')).results[0].metrics).toEqual(metrics);
  }
});

test('the cold start gives a table by events seen, with popularity for players without a history', () => {
  const file = path.join(folder, 'cold.txt');
  // Each player stays with one of two kinds of games, forty each, of which some are more popular than others.
  const random = createRandom(1, 'players');
  const lines = Array.from({ length: 400 }, (_, player) => {
    const games = new Set<number>();
    while (games.size < 12) games.add((player % 2) * 40 + Math.floor(40 * random.next() ** 2));
    return [...games].map((game) => `${player} ${game}`);
  });
  writeFileSync(file, `${lines.flat().join('\n')}\n`);
  const json = path.join(folder, 'cold.json');
  const protocol = ['--protocol', 'cold-start', '--plain-scorer'];
  const flags = ['--algorithms', 'item-knn', ...protocol, '--budget', '20s', '--json', json, file];
  const { status, stdout, stderr } = evaluate(...flags);
  expect(status, stderr).toBe(0);
  expect(stdout).toContain('events seen');
  const { byEvents } = JSON.parse(readFileSync(json, 'utf8'));
  expect(byEvents.map(({ events }: { events: number }) => events)).toEqual([0, 1, 2, 3, 5, 10]);
  expect(byEvents[0].ndcgAt10['item-knn']).toBe(byEvents[0].ndcgAt10.popularity);
  expect(byEvents[0].ndcgAt10.popularity).toBeGreaterThan(0);
  expect(byEvents[0].abovePopularity).toEqual({});
  for (const step of [3, 4]) {
    const { ndcgAt10, abovePopularity } = byEvents[step];
    const { mean, margin } = abovePopularity['item-knn'];
    expect(mean).toBeCloseTo(ndcgAt10['item-knn'] - ndcgAt10.popularity, 9);
    expect(mean - margin).toBeGreaterThan(0);
    expect(ndcgAt10['plain scorer']).toBeGreaterThan((ndcgAt10['item-knn'] + ndcgAt10.popularity) / 2);
  }
});

test('without a file the whole log is evaluated: archived events, those still in D1, and new merges', async () => {
  const state = path.join(folder, 'state');
  const start = Date.UTC(2026, 0, 1);
  const events = Array.from({ length: 60 }, (_, player) =>
    [0, ...Array.from({ length: 4 }, (_, n) => 1 + ((player + n) % 12))].map((item, n) =>
      makeEvent(`p${player}`, 'play', `g${item}`, start + 60_000 * n + player),
    ),
  ).flat();
  await withPlatform(state, async ({ DB, BUCKET }) => {
    // The last player's last three events belong to a guest.
    const logged = events.map((event, n) => ({
      ...event,
      id: `e${n}`,
      userId: n % 300 < 297 ? event.userId : 'guest',
    }));
    await insertEvents(DB, [...logged.slice(0, 200), ...logged.filter(({ userId }) => userId === 'guest')]);
    await exportEvents(DB, 0, BUCKET, start);
    await claimFinished(DB, 'guest', 'p59', start);
    await insertEvents(DB, logged.slice(200, 297));
  });
  const file = path.join(folder, 'same.csv');
  const rows = events.map(({ userId, itemId, timestamp }) => `${userId},${itemId},play,${timestamp}`);
  writeFileSync(file, `user_id,item_id,event_type,timestamp\n${rows.join('\n')}\n`);
  const json = path.join(folder, 'log.json');
  const temporary = path.join(folder, 'temporary');
  mkdirSync(temporary);
  const run = (...flags: string[]) => {
    const all = ['--algorithms', 'transitions', '--budget', '20s', '--json', json, ...flags];
    const { status, stderr } = spawnSync(process.execPath, [script, ...all], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: temporary },
    });
    expect(status, stderr).toBe(0);
    return JSON.parse(readFileSync(json, 'utf8'));
  };
  const ofLog = run('--state', state);
  const ofFile = run(file);
  expect(ofLog).toMatchObject({ dataset: 'the log', users: 60, items: 13, interactions: 300 });
  expect(ofLog.results.map(({ metrics }: { metrics: object }) => metrics)).toEqual(
    ofFile.results.map(({ metrics }: { metrics: object }) => metrics),
  );
  // No copy of the players' events remains.
  expect(readdirSync(temporary).filter((name) => name.startsWith('bloodstream'))).toEqual([]);

  const { status, stderr } = evaluate('--state', state, '--rating-scale', '1-10');
  expect([status, stderr]).toEqual([2, 'evaluate: --rating-scale says how files are read: name a path; see --help\n']);
}, 240_000);

test('a file that cannot be read, written or evaluated is refused before any training', () => {
  const file = writeSequences();
  const empty = path.join(folder, 'empty.txt');
  writeFileSync(empty, '');
  const short = path.join(folder, 'short.txt');
  writeFileSync(short, 'anna g1\n');
  const emptyFolder = mkdtempSync(path.join(tmpdir(), 'evaluate-'));
  const cases: [string[], string][] = [
    [['--json', path.join(folder, 'missing', 'out.json'), file], 'no such file or folder'],
    [[emptyFolder], 'is an empty folder'],
    [[empty], 'empty.txt is empty'],
    [[short], 'too few interactions for leave-one-out: 1 players'],
  ];
  for (const [flags, message] of cases) {
    const { status, stdout, stderr } = evaluate(...flags);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^evaluate: .*\n$/);
    expect(stderr).toContain(message);
  }
});
