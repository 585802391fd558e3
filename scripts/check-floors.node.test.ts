import { expect, it } from 'vitest';
import { findImpureReads, findOffences, findPackageOffences, readImports } from './check-floors.ts';

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

it('finds an import that goes up, one between tiers, one of Node-only code, one out of the page, and circles', () => {
  const offences = findOffences(
    new Map([
      ['models/contracts/a.ts', ['models/features/b.ts']],
      ['models/features/b.ts', ['models/contracts/a.ts']],
      ['workers/online/c.ts', ['workers/nearline/d.ts', 'models/release/e.ts']],
      ['workers/nearline/d.ts', ['workers/storage/f.ts']],
      ['web/g.ts', ['models/contracts/a.ts', 'client/l.ts', 'workers/online/c.ts']],
      ['web/player/m.ts', ['web/gallery/n.tsx']],
      ['web/gallery/n.tsx', []],
      ['client/k.ts', ['models/contracts/a.ts', 'client/l.ts']],
      ['models/training/h.ts', []],
      ['scripts/i/j.ts', ['models/training/h.ts']],
    ]),
  );
  expect(offences).toEqual([
    'models/contracts/a.ts (floor 0) imports models/features/b.ts (floor 1)',
    'workers/online/c.ts imports its neighbour workers/nearline/d.ts',
    'workers/online/c.ts imports models/release/e.ts, which runs in Node',
    'web/g.ts imports workers/online/c.ts, which does not belong to the page',
    'web/player/m.ts (floor 21) imports web/gallery/n.tsx (floor 22)',
    'client/k.ts imports its neighbour models/contracts/a.ts',
    'scripts/i/j.ts imports models/training/h.ts, which stands on no floor',
    'circle: models/contracts/a.ts → models/features/b.ts → models/contracts/a.ts',
    'circle of folders: models/contracts → models/features → models/contracts',
  ]);
});

it('finds ONNX runtimes outside the files that own them', () => {
  const text = `// onnxruntime-web is not imported here.
import * as ort from 'onnxruntime-node';
const web = await import('onnxruntime-web/wasm');`;
  expect(findPackageOffences('models/onnx/session.ts', text)).toEqual([
    'models/onnx/session.ts imports onnxruntime-web, which is for workers/inference/ort.ts alone',
  ]);
  expect(findPackageOffences('scripts/bench/a.ts', text)).toEqual([
    'scripts/bench/a.ts imports onnxruntime-node, which is for models/onnx/session.ts alone',
    'scripts/bench/a.ts imports onnxruntime-web, which is for workers/inference/ort.ts alone',
  ]);
  expect(findPackageOffences('scripts/bench/a.ts', "import 'onnxruntime-common';")).toEqual([]);
});

it('finds reads of the clock and of randomness in models/', () => {
  const text = 'const at = [Date.now(), new Date(), Math.random(), crypto.randomUUID()]; new Date(0);';
  expect(findImpureReads('models/contracts/a.ts', text)).toEqual(
    ['Date.now', 'new Date()', 'Math.random', 'crypto.randomUUID'].map(
      (read) => `models/contracts/a.ts calls ${read}; pass the value in`,
    ),
  );
  expect(findImpureReads('workers/online/a.ts', text)).toEqual([]);
});

it('finds folders in a circle whose files are in none', () => {
  const offences = findOffences(
    new Map([
      ['scripts/a/one.ts', ['scripts/b/two.ts']],
      ['scripts/a/three.ts', []],
      ['scripts/b/two.ts', ['scripts/a/three.ts']],
    ]),
  );
  expect(offences).toEqual(['circle of folders: scripts/a → scripts/b → scripts/a']);
});
