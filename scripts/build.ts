// `npm run build`: bundles the page of web/ into web/dist, with the API reference, the client for pages of other
// origins, and the drawn covers: Cloudflare serves that folder as static assets. Also makes the Wasm that the Worker
// imports. The Worker's own bundle is wrangler's job.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { writePlainMemoryWasm } from './build/write-wasm.ts';
import { renderProblems } from './render-problems.ts';
import { createCommand, runCommand } from './terminal/command.ts';
import { drawCovers } from './world/covers.ts';

const WEB_DIR = path.join(import.meta.dirname, '..', 'web');
const DIST_DIR = path.join(WEB_DIR, 'dist');
const SWAGGER_UI_DIR = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const PROBLEMS_MARK = '<!-- problems -->';
const COPIED = ['index.html', 'icon.svg', '_headers'];

async function buildAll(): Promise<void> {
  writePlainMemoryWasm();
  await buildPage();
}

async function buildPage(): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: WEB_DIR,
    entryPoints: [
      { in: 'main.tsx', out: 'app' },
      { in: 'styles/app.css', out: 'app' },
      { in: 'docs.ts', out: 'docs' },
      { in: 'styles/docs.css', out: 'docs' },
      { in: '../client/index.ts', out: 'client' },
    ],
    outdir: DIST_DIR,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    write: false,
  });
  const files = new Map<string, Uint8Array>(outputFiles.map((file) => [path.basename(file.path), file.contents]));
  for (const name of COPIED) files.set(name, readFileSync(path.join(WEB_DIR, name)));
  const reference = readFileSync(path.join(WEB_DIR, 'docs.html'), 'utf8').replace(PROBLEMS_MARK, renderProblems());
  files.set('docs.html', Buffer.from(reference));
  files.set('swagger-ui-bundle.js', readFileSync(path.join(SWAGGER_UI_DIR, 'swagger-ui-bundle.js')));
  for (const [cover, svg] of drawCovers()) files.set(path.normalize(cover.slice(1)), Buffer.from(svg));
  writeChanged(files);
}

/** Makes web/dist contain exactly these files. */
function writeChanged(files: ReadonlyMap<string, Uint8Array>): void {
  const present = new Set(listFiles());
  for (const name of present) if (!files.has(name)) rmSync(path.join(DIST_DIR, name));
  for (const [name, contents] of files) {
    const file = path.join(DIST_DIR, name);
    // `wrangler dev` watches web/: writing an unchanged file would start the next build, and so on for ever.
    if (present.has(name) && readFileSync(file).equals(contents)) continue;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, contents);
  }
}

function listFiles(): string[] {
  mkdirSync(DIST_DIR, { recursive: true });
  return readdirSync(DIST_DIR, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(DIST_DIR, path.join(entry.parentPath, entry.name)));
}

await runCommand(
  createCommand('build', "Bundles the page of web/ into web/dist, and makes the Worker's Wasm.").action(buildAll),
);
