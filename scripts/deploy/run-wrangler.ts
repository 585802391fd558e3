// Runs wrangler for a deployment: without questions, without reports to its makers, and with its output shown only if
// it fails.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { PROJECT_DIR } from '../local/project.ts';

/** The script that wrangler's own executable starts in a second process. */
const CLI = path.join(PROJECT_DIR, 'node_modules/wrangler/wrangler-dist/cli.js');
const OUTPUT_LINES = 40;

export type Wrangler = (args: readonly string[]) => Promise<void>;

/** `folder`: where wrangler may leave files. `env`: has the token of the account. */
export const createWrangler =
  (folder: string, env: NodeJS.ProcessEnv): Wrangler =>
  async (args) => {
    const child = spawn(process.execPath, ['--no-warnings', CLI, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...env,
        CI: '1',
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_SEND_METRICS: 'false',
        WRANGLER_SEND_ERROR_REPORTS: 'false',
        // Its log of each request is deleted with the folder, and has no bodies.
        WRANGLER_LOG_PATH: folder,
        WRANGLER_LOG_SANITIZE: 'true',
      },
    });
    // wrangler does not always end on SIGTERM.
    const stop = () => child.kill('SIGKILL');
    process.once('exit', stop);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    const [code] = await once(child, 'close');
    process.off('exit', stop);
    if (code === 0) return;
    const end = stripVTControlCharacters(output).trim().split('\n').slice(-OUTPUT_LINES).join('\n');
    throw new Error(`\`wrangler ${args.slice(0, 3).join(' ')}\` failed:\n${end}`);
  };
