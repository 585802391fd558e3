import { expect, test } from 'vitest';
import { chooseShard, getLogShard, type LogBindings, listLogShards, workOnShards } from './log-shards.ts';

const database = (name: string) => ({ name }) as unknown as D1Database;
const list = (env: object) => listLogShards(env as LogBindings);

test('shards are listed by number; a gap, none at all, or one that was unbound is an error that names it', () => {
  const env = Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`LOG_${10 - n}`, database(`${10 - n}`)]));
  const shards = list({ ...env, LOG_DAYS: 'forever', DB: database('db') });
  expect(shards.map((shard) => (shard as unknown as { name: string }).name)).toEqual(
    Array.from({ length: 11 }, (_, n) => String(n)),
  );
  expect(() => list({})).toThrow('LOG_0');
  expect(() => list({ LOG_0: database('0'), LOG_2: database('2') })).toThrow('not LOG_1');
  expect(() => getLogShard(shards, 11)).toThrow('LOG_11');
});

test('shards share the players evenly, and a new one takes its share without moving players among the others', () => {
  const users = [
    ...Array.from({ length: 20_000 }, (_, n) => `player-${n}`),
    ...Array.from({ length: 20_000 }, () => crypto.randomUUID()),
  ];
  for (const count of [2, 4, 5, 16]) {
    const players = new Array<number>(count).fill(0);
    for (const userId of users) players[chooseShard(userId, count)]!++;
    const share = users.length / count;
    for (const own of players) expect(Math.abs(own - share)).toBeLessThan(5 * Math.sqrt(share));
  }
  const moved = users.filter((userId) => chooseShard(userId, 4) !== chooseShard(userId, 3));
  expect(moved.every((userId) => chooseShard(userId, 4) === 3)).toBe(true);
  expect(moved.length / users.length).toBeCloseTo(1 / 4, 1);
  expect(users.every((userId) => chooseShard(userId, 1) === 0)).toBe(true);
});

test('a shard that fails does not stop the others, and its error is thrown in the end', async () => {
  const done: number[] = [];
  const work = async (_: D1Database, shard: number) => {
    if (shard === 0) throw new Error('LOG_0 is down');
    await new Promise((resolve) => setTimeout(resolve, 10));
    done.push(shard);
    return shard;
  };
  const shards = [database('0'), database('1'), database('2')];
  await expect(workOnShards(shards, work)).rejects.toThrow('LOG_0 is down');
  expect(done).toEqual([1, 2]);
  expect(await workOnShards(shards.slice(0, 2), async (_, shard) => shard)).toEqual([0, 1]);
});
