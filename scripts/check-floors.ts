// Proves that imports go down: a file imports from its own folder or from floors below, and neither files nor folders
// import in a circle, types included; that ONNX runtimes are imported by one file each; and that models/ reads no clock
// and no hidden randomness. Exits 1 with each offence. The floors are those of docs/architecture.md.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Ordered from the ground up. Folders on the same floor must not import each other. */
const FLOORS: readonly (readonly string[])[] = [
  ['models/contracts/', 'client/'],
  ['models/features/'],
  ['models/experiments/'],
  ['models/data/'],
  ['models/linalg/'],
  ['models/onnx/'],
  ['models/gradient/'],
  ['models/evaluation/'],
  ['models/algorithms/'],
  ['models/ranking/'],
  ['models/release/'],
  ['workers/logging/'],
  ['workers/storage/'],
  ['workers/inference/', 'workers/personal-data/', 'workers/credentials/'],
  ['workers/recommending/'],
  ['workers/serving/'],
  ['workers/online/', 'workers/nearline/', 'workers/offline/'],
  ['workers/gorse/'],
  ['workers/index.ts'],
  ['scripts/'],
  ['web/browser/'],
  ['web/player/'],
  ['web/gallery/'],
  ['web/panels/'],
  ['web/'],
];
/** Folders for the Worker and the page; the rest of models/ runs in Node. */
const MODELS_FOR_WORKERS = ['models/contracts/', 'models/features/', 'models/experiments/'];
/** Packages that only one file may import. */
const PACKAGE_OWNERS: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'models/onnx/session.ts',
  'onnxruntime-web': 'workers/inference/ort.ts',
};
/** Reads of the clock and of randomness; models/ is given times and seeds. */
const IMPURE_READ =
  /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bMath\.random\b|\bcrypto\.(?:getRandomValues|randomUUID)/g;
const IMPORT = /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s*'(\.[^']+)'|import\s*\(?\s*'(\.[^']+)'/g;

type Imports = ReadonlyMap<string, readonly string[]>;

/** Returns one line for each offence in a tree of imports. Paths are relative to the repository. */
export function findOffences(imports: Imports): string[] {
  const offences: string[] = [];
  for (const [file, targets] of imports)
    for (const target of targets) {
      const offence = explainOffence(file, target);
      if (offence !== undefined) offences.push(`${file} ${offence}`);
    }
  return [...offences, ...findCircles(imports, 'circle'), ...findCircles(foldFolders(imports), 'circle of folders')];
}

function explainOffence(file: string, target: string): string | undefined {
  const mayImport = (folders: readonly string[]) => folders.some((folder) => target.startsWith(folder));
  if (file.startsWith('web/') && !mayImport(['web/', 'client/', ...MODELS_FOR_WORKERS]))
    return `imports ${target}, which does not belong to the page`;
  const from = findRoom(file);
  const to = findRoom(target);
  if (from === undefined) return 'stands on no floor';
  if (to === undefined) return `imports ${target}, which stands on no floor`;
  if (to.floor > from.floor) return `(floor ${from.floor}) imports ${target} (floor ${to.floor})`;
  if (to.floor === from.floor && to.folder !== from.folder) return `imports its neighbour ${target}`;
  if (file.startsWith('workers/') && target.startsWith('models/') && !mayImport(MODELS_FOR_WORKERS))
    return `imports ${target}, which runs in Node`;
  return undefined;
}

function findRoom(file: string): { floor: number; folder: string } | undefined {
  for (const [floor, folders] of FLOORS.entries())
    for (const folder of folders) if (file.startsWith(folder)) return { floor, folder };
  return undefined;
}

/** The same imports between folders, each by its full path. */
function foldFolders(imports: Imports): Imports {
  const folded = new Map<string, Set<string>>();
  for (const [file, targets] of imports) {
    const folder = path.posix.dirname(file);
    const outside = folded.get(folder) ?? new Set();
    for (const target of targets) if (path.posix.dirname(target) !== folder) outside.add(path.posix.dirname(target));
    folded.set(folder, outside);
  }
  return new Map([...folded].map(([folder, outside]) => [folder, [...outside]]));
}

function findCircles(imports: Imports, name: string): string[] {
  const circles: string[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string) => {
    if (finished.has(node)) return;
    const start = trail.indexOf(node);
    if (start >= 0) {
      circles.push(`${name}: ${[...trail.slice(start), node].join(' → ')}`);
      return;
    }
    trail.push(node);
    for (const target of imports.get(node) ?? []) visit(target);
    trail.pop();
    finished.add(node);
  };
  for (const node of imports.keys()) visit(node);
  return circles;
}

/** Returns the relative imports of a source text, resolved against its path. */
export function readImports(file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map((match) => path.posix.join(path.posix.dirname(file), match[1] ?? match[2]!));
}

/** Returns one line for each import of a package that belongs to another file. */
export function findPackageOffences(file: string, text: string): string[] {
  return Object.entries(PACKAGE_OWNERS)
    .filter(([name, owner]) => file !== owner && new RegExp(`\\b(?:from|import)\\s*\\(?\\s*'${name}['/]`).test(text))
    .map(([name, owner]) => `${file} imports ${name}, which is for ${owner} alone`);
}

/** Returns one line for each read of the clock or of randomness in models/. */
export const findImpureReads = (file: string, text: string): string[] =>
  file.startsWith('models/')
    ? Array.from(text.matchAll(IMPURE_READ), ([read]) => `${file} calls ${read}; pass the value in`)
    : [];

if (import.meta.main) {
  const root = path.resolve(import.meta.dirname, '..');
  const files = globSync('{workers,models,scripts,web,client}/**/*.{ts,tsx}', {
    cwd: root,
    exclude: ['**/*.test.ts', '**/*.d.ts', '{web,client}/dist/**'],
  });
  const texts = files.map((file) => [file, readFileSync(path.join(root, file), 'utf8')] as const);
  const imports = new Map(texts.map(([file, text]) => [file, readImports(file, text)]));
  const offences = [
    ...findOffences(imports),
    ...texts.flatMap(([file, text]) => [...findPackageOffences(file, text), ...findImpureReads(file, text)]),
  ];
  for (const offence of offences) console.error(offence);
  console.log(`floors: ${files.length} files, ${offences.length} offences`);
  process.exitCode = offences.length > 0 ? 1 : 0;
}
