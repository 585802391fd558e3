// Proves that imports go down: a file imports from its own floor or below, tiers of floor 4 not from each other, and
// nothing in a circle, types included. Exits 1 with each offending import. The floors are docs/architecture.md's.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const FLOORS: readonly (readonly [folder: string, floor: number])[] = [
  ['models/contracts/', 0],
  ['models/', 1],
  ['workers/storage/', 2],
  ['workers/inference/', 2],
  ['workers/recommending/', 3],
  ['workers/gathering/', 3],
  ['workers/online/', 4],
  ['workers/nearline/', 4],
  ['workers/offline/', 4],
  ['workers/index.ts', 5],
  ['scripts/', 5],
];
/** What the Worker may import of models/: the rest is made for Node. */
const MODELS_FOR_WORKERS = ['models/contracts/', 'models/features/'];
const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*'(\.[^']+)'|import\s*\(?\s*'(\.[^']+)'/g;

type Imports = ReadonlyMap<string, readonly string[]>;

const floorOf = (file: string) => FLOORS.find(([folder]) => file.startsWith(folder));

/** What is wrong with a tree of imports, a line each. Paths are relative to the repository. */
export function findOffences(imports: Imports): string[] {
  const offences: string[] = [];
  for (const [file, targets] of imports)
    for (const target of targets) {
      const from = floorOf(file);
      const to = floorOf(target);
      if (from === undefined || to === undefined) continue;
      if (to[1] > from[1]) offences.push(`${file} (floor ${from[1]}) imports ${target} (floor ${to[1]})`);
      if (from[1] === 4 && to[1] === 4 && from[0] !== to[0]) offences.push(`${file} imports another tier: ${target}`);
      if (
        file.startsWith('workers/') &&
        target.startsWith('models/') &&
        !MODELS_FOR_WORKERS.some((folder) => target.startsWith(folder))
      )
        offences.push(`${file} imports ${target}, which is made for Node`);
    }
  return [...offences, ...findCircles(imports)];
}

function findCircles(imports: Imports): string[] {
  const circles: string[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (file: string) => {
    if (finished.has(file)) return;
    const at = trail.indexOf(file);
    if (at >= 0) {
      circles.push(`circle: ${[...trail.slice(at), file].join(' → ')}`);
      return;
    }
    trail.push(file);
    for (const target of imports.get(file) ?? []) visit(target);
    trail.pop();
    finished.add(file);
  };
  for (const file of imports.keys()) visit(file);
  return circles;
}

/** The relative imports of a source text, resolved against its path. */
export function readImports(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) => path.posix.join(path.posix.dirname(file), match[1] ?? match[2]!));
}

if (import.meta.main) {
  const root = path.resolve(import.meta.dirname, '..');
  const files = globSync('{workers,models,scripts,web}/**/*.{ts,tsx}', {
    cwd: root,
    exclude: ['**/*.test.ts', '**/*.d.ts', 'web/dist/**'],
  });
  const imports = new Map(files.map((file) => [file, readImports(file, readFileSync(path.join(root, file), 'utf8'))]));
  const offences = findOffences(imports);
  for (const offence of offences) console.error(offence);
  console.log(`floors: ${files.length} files, ${offences.length} offences`);
  process.exitCode = offences.length > 0 ? 1 : 0;
}
