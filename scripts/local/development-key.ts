// The secrets of the system on this machine: the key that the page, curl and the commands use, and the key that signs
// players' tokens.

import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { makeTokenKey } from './make-token-key.ts';
import { PROJECT_DIR } from './project.ts';

/** The file from which `wrangler dev` reads secrets; ignored by git. */
const FILE = path.join(PROJECT_DIR, '.dev.vars');

/** Undefined if there is none yet. */
export function readDevelopmentKey(): string | undefined {
  const known = readSecret('ADMIN_KEY');
  return known && readFirst(known);
}

/** Returns the key; creates and reports it the first time. */
export const ensureDevelopmentKey = (report: (message: string) => void): string =>
  readFirst(ensureSecret('ADMIN_KEY', () => randomBytes(24).toString('base64url'), 'opens the local API', report));

/** A variable may have several keys, separated by commas. */
const readFirst = (keys: string): string => keys.split(',')[0]!.trim();

const readVariables = (): string => (existsSync(FILE) ? readFileSync(FILE, 'utf8') : '');

const readSecret = (name: string): string | undefined => new RegExp(`^${name}=(.+)`, 'm').exec(readVariables())?.[1];

/** Creates and reports the key that signs players' tokens the first time; afterwards does nothing. */
export function ensureTokenKey(report: (message: string) => void): void {
  // Quoted, because JSON has characters with a meaning in the file's format.
  ensureSecret('TOKEN_KEY_0', () => `'${makeTokenKey(0, 0)}'`, "signs players' tokens for the local API", report);
}

function ensureSecret(name: string, make: () => string, use: string, report: (message: string) => void): string {
  const known = readSecret(name);
  if (known !== undefined) return known;
  const present = readVariables();
  const secret = make();
  const newline = present === '' || present.endsWith('\n') ? '' : '\n';
  appendFileSync(FILE, `${newline}${name}=${secret}\n`, { mode: 0o600 });
  report(`Made a development key in .dev.vars (${name}): it ${use}.`);
  return secret;
}
