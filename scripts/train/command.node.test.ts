import { expect, test } from 'vitest';
import { collectCounts } from './command.ts';

test('counts are files by algorithm, one for each that can train on them', () => {
  const one = collectCounts('transitions=/tables/t.parquet');
  expect(collectCounts('item-knn=/tables/a=b', one)).toEqual({
    transitions: '/tables/t.parquet',
    'item-knn': '/tables/a=b',
  });
  for (const wrong of ['ease=/t.parquet', 'transitions', 'transitions=', '=t.parquet'])
    expect(() => collectCounts(wrong), wrong).toThrow('Give transitions=FILE or item-knn=FILE.');
  expect(() => collectCounts('transitions=/other', one)).toThrow('transitions has two files.');
});
