// Measures the client that games import, as its build makes it.

import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { PROJECT_DIR } from '../local/project.ts';

export const CLIENT_BYTES_MAX = 6_000;

/** Bytes of the bundle, gzipped. Bundles anew, with the options of client/package.json: an older build may be there. */
export async function measureClient(): Promise<number> {
  const { outputFiles } = await build({
    absWorkingDir: path.join(PROJECT_DIR, 'client'),
    entryPoints: ['index.ts'],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}
