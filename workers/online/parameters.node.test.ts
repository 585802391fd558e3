import { expect, test } from 'vitest';
import { pageQuery } from './parameters.ts';

test('ids to leave out are separated by commas or repeated; a comma in an id is escaped', () => {
  const read = (value: string | string[]) => pageQuery.exclude.safeParse(value).data;
  expect(read('a,b')).toEqual(['a', 'b']);
  expect(read(['a', 'b,c'])).toEqual(['a', 'b', 'c']);
  expect(read('a%2Cb,c%2c%2Cd')).toEqual(['a,b', 'c,,d']);
  for (const invalid of ['a%2', 'a%2F', 'a,,b', '']) expect(read(invalid), invalid).toBeUndefined();
});
