import { expect, it } from 'vitest';
import { findOffences, readImports } from './check-floors.ts';

it('reads every kind of relative import, types included, and no package', () => {
  const text = `import { a } from './a.ts';
import type { B } from '../b.ts';
export * from './c.ts';
import {
  d,
} from './d.ts';
import zod from 'zod';
const e = await import('./e.ts');
import './f.ts';`;
  expect(readImports('models/x/file.ts', text)).toEqual([
    'models/x/a.ts',
    'models/b.ts',
    'models/x/c.ts',
    'models/x/d.ts',
    'models/x/e.ts',
    'models/x/f.ts',
  ]);
});

it('finds an import that goes up, one between tiers, one of Node-only code, and a circle', () => {
  const offences = findOffences(
    new Map([
      ['models/contracts/a.ts', ['models/features/b.ts']],
      ['models/features/b.ts', ['models/contracts/a.ts']],
      ['workers/online/c.ts', ['workers/nearline/d.ts', 'models/training/e.ts']],
      ['workers/nearline/d.ts', ['workers/storage/f.ts']],
    ]),
  );
  expect(offences).toEqual([
    'models/contracts/a.ts (floor 0) imports models/features/b.ts (floor 1)',
    'workers/online/c.ts imports another tier: workers/nearline/d.ts',
    'workers/online/c.ts imports models/training/e.ts, which is made for Node',
    'circle: models/contracts/a.ts → models/features/b.ts → models/contracts/a.ts',
  ]);
});
