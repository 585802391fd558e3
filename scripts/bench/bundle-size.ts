// Measures the size of the bundle that `wrangler deploy` would upload. Uploads nothing.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { PROJECT_DIR } from '../local/project.ts';

export interface BundleSize {
  bundleMB: number;
  bundleGzipMB: number;
}

export function measureBundle(): BundleSize {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-bundle-'));
  try {
    const wrangler = path.join(PROJECT_DIR, 'node_modules/wrangler/bin/wrangler.js');
    execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder], {
      cwd: PROJECT_DIR,
      stdio: 'ignore',
    });
    const files = readdirSync(folder).filter((name) => !/\.(map|md)$/.test(name));
    const bytes = files.map((name) => readFileSync(path.join(folder, name)));
    const megabytes = (parts: Uint8Array[]) => parts.reduce((sum, part) => sum + part.length, 0) / 1e6;
    return { bundleMB: megabytes(bytes), bundleGzipMB: megabytes(bytes.map((part) => gzipSync(part))) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
