import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { flushCounts, takeCounts } from './isolate-counts.ts';
import { openMeter } from './metered-databases.ts';
import { readMetricSums } from './metric-counts.ts';

beforeEach(async () => {
  takeCounts();
  await env.DB.prepare('delete from metric_counts').run();
});

it('counts the rows that statements read and write, for one purpose, and answers as the database does', async () => {
  const meter = openMeter('jobs');
  const metered = meter(env);
  expect(meter(env)).toBe(metered);
  expect(metered.BUCKET).toBe(env.BUCKET);
  const insert = metered.DB.prepare('insert into rules (rule_id, body, created_at) values (?1, ?2, 1)');
  await metered.DB.batch([insert.bind('a', 'x'), insert.bind('b', 'y')]);
  await metered.LOG_0.prepare('delete from rules where rule_id = ?1').bind('a').run();
  const select = metered.DB.prepare('select rule_id as id, body from rules');
  expect(await select.first()).toEqual({ id: 'b', body: 'y' });
  expect(await select.first('body')).toBe('y');
  expect((await select.all()).results).toEqual([{ id: 'b', body: 'y' }]);
  expect(await metered.DB.prepare('select 1 where false').first('1')).toBeNull();
  // Which counts what it writes, for the next time.
  await flushCounts(metered.DB);
  expect(takeCounts().map(({ metric }) => metric)).toContain('database-rows');
  const range = { from: Date.now() - 3_600_000, to: Date.now() + 3_600_000 };
  const sums = await readMetricSums(env.DB, { ...range, metrics: ['database-rows'], by: ['by', 'operation'] });
  const find = (operation: string) => sums.find(({ labels }) => labels.operation === operation)!;
  expect(find('written').labels.by).toBe('jobs');
  // Each row and its place in the index of the key; a deletion counts once.
  expect(find('written').value).toBe(5);
  expect(find('read').value).toBeGreaterThanOrEqual(3);
});
