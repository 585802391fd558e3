// The secrets of the system on this machine: the key that the page, curl and the simulated players use, and the key
// that signs players' tokens.

import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { makeTokenKey } from './make-token-key.ts';
import { PROJECT_DIR } from './project.ts';

/** The file from which `wrangler dev` reads secrets; ignored by git. */
const FILE = path.join(PROJECT_DIR, '.dev.vars');

/** Returns the key; creates and reports it the first time. */
export const ensureDevelopmentKey = (report: (message: string) => void): string =>
  ensureSecret('ADMIN_KEY', () => randomBytes(24).toString('base64url'), report)
    .split(',')[0]!
    .trim();

/** Creates and reports the key that signs players' tokens, the first time. */
export function ensureTokenKey(report: (message: string) => void): void {
  // Quoted, because JSON has characters that the file's format gives a meaning.
  ensureSecret('TOKEN_KEY_0', () => `'${makeTokenKey(0, 0)}'`, report);
}

function ensureSecret(name: string, make: () => string, report: (message: string) => void): string {
  const present = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  const known = new RegExp(`^${name}=(.+)`, 'm').exec(present)?.[1];
  if (known !== undefined) return known;
  const secret = make();
  const newline = present === '' || present.endsWith('\n') ? '' : '\n';
  appendFileSync(FILE, `${newline}${name}=${secret}\n`, { mode: 0o600 });
  report(`Made a development key in .dev.vars (${name}).`);
  return secret;
}
