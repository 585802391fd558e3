import { expect, test } from 'vitest';
import { parseShare } from './options.ts';

test('a share is a percentage above 0, up to the largest', () => {
  const parse = parseShare(0.5);
  expect(['5%', '0.1%', '2.5%', '50%'].map(parse)).toEqual([0.05, 0.001, 0.025, 0.5]);
  for (const wrong of ['5', '0%', '50.1%', '-5%', '.5%', '1e1%', '%', ''])
    expect(() => parse(wrong), wrong).toThrow('Give a share such as 5%, from 0.1% to 50%.');
});
