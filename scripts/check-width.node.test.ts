import { expect, test } from 'vitest';
import { findWideLines } from './check-width.ts';

test('reports a line of more than 120 columns, whatever it contains', () => {
  const widest = `// ${'→'.repeat(117)}`;
  expect(findWideLines('a.ts', `${widest}\nconst a = 1;`)).toEqual([]);
  expect(findWideLines('a.ts', `const a = 1;\n${widest}.`)).toEqual(['a.ts:2: 121 columns']);
});
