// Opens the account that the environment variables name, and reads the configuration of one of its Workers. It changes
// nothing.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { PROJECT_DIR } from '../local/project.ts';
import { type CloudflareApi, findAccountId, openApi } from './api.ts';
import type { ConfigurationFile } from './configuration.ts';

export interface SignedIn {
  api: CloudflareApi;
  accountId: string;
  token: string;
}

/** `env`: CLOUDFLARE_API_TOKEN, and CLOUDFLARE_ACCOUNT_ID if it opens several accounts. Throws without a token. */
export async function signIn(env: NodeJS.ProcessEnv): Promise<SignedIn> {
  const token = env.CLOUDFLARE_API_TOKEN;
  if (token === undefined || token === '')
    throw new Error(
      'no token: set CLOUDFLARE_API_TOKEN to a token of your account; docs/guides/deploy.md says how to make one',
    );
  const api = openApi(token, env.CLOUDFLARE_API_BASE_URL);
  return { api, accountId: await findAccountId(api, env.CLOUDFLARE_ACCOUNT_ID), token };
}

/** wrangler.toml as it is, with all environments. */
export async function readConfigurationFile(): Promise<ConfigurationFile> {
  const script = path.join(import.meta.dirname, 'print-configuration.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, path.join(PROJECT_DIR, 'wrangler.toml')]);
  return JSON.parse(stdout);
}
