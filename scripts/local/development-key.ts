// The key of the system on this machine: the page uses it on localhost, and curl and the simulated players need it.

import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_DIR } from './project.ts';

/** The file from which `wrangler dev` reads secrets; ignored by git. */
const FILE = path.join(PROJECT_DIR, '.dev.vars');

/** Returns the key; creates and reports it the first time. */
export function ensureDevelopmentKey(report: (message: string) => void): string {
  const present = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const known = /^ADMIN_KEY=(.+)/m.exec(present)?.[1];
  if (known !== undefined) return known.split(',')[0]!.trim();
  const key = randomBytes(24).toString('base64url');
  const newline = present === '' || present.endsWith('\n') ? '' : '\n';
  appendFileSync(FILE, `${newline}ADMIN_KEY=${key}\n`, { mode: 0o600 });
  report('Made a development key in .dev.vars (ADMIN_KEY).');
  return key;
}
