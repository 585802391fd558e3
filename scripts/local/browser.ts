// The chromium that drives the page in tests and in the bench: one installed on the system, never a download.

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Undefined if there is none; CHROMIUM_PATH names another. */
export const findChromium = (): string | undefined =>
  process.env.CHROMIUM_PATH ?? PATHS.find((path) => existsSync(path));

export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, headless: true, args: FLAGS });
