import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withDuckDb } from './open.ts';
import { quoteName, quoteText } from './quote.ts';

test('memory is bounded, spilled files go with the connection, and nothing is fetched', async () => {
  const spill = await withDuckDb(async (connection) => {
    const setting = async (name: string) =>
      String((await connection.runAndReadAll(`select current_setting('${name}')`)).getRows()[0]![0]);
    expect(await setting('memory_limit')).toBe('61.0 MiB');
    await expect(connection.run("from read_csv('https://example.com/x.csv')")).rejects.toThrow('httpfs');
    // Sorting this takes more than 64 MB.
    await connection.run(
      "create temp table sorted as select hash(n)::varchar || 'padding' as key from range(2e6::bigint) t(n)",
    );
    expect((await connection.runAndReadAll('select count(*) from (from sorted order by key)')).getRows()[0]).toEqual([
      2_000_000n,
    ]);
    return setting('temp_directory');
  }, '64MB');
  expect(existsSync(spill)).toBe(false);
});

test('quotes in values and names end nothing', async () => {
  const rows = await withDuckDb(async (connection) =>
    (await connection.runAndReadAll(`select ${quoteText("it's")} as ${quoteName('a "b"')}`)).getRowObjects(),
  );
  expect(rows).toEqual([{ 'a "b"': "it's" }]);
});
