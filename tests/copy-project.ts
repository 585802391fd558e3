// Copies this project, so that a test may change the configuration. The copy shares the installed packages.

import { cpSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_DIR } from '../scripts/local/project.ts';

const LEFT_OUT = new Set(['node_modules', '.git', '.wrangler']);

/** `folder`: must not be inside the project. */
export function copyProject(folder: string): void {
  cpSync(PROJECT_DIR, folder, { recursive: true, filter: (source) => !LEFT_OUT.has(path.basename(source)) });
  for (const packages of ['node_modules', 'tests/openapi/node_modules'])
    symlinkSync(path.join(PROJECT_DIR, packages), path.join(folder, packages));
}
