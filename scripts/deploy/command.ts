// The definition of `npm run deploy`: its flags and help.

import { createCommand } from '../terminal/command.ts';
import { parseEnvironment, parseUrl } from '../terminal/options.ts';

const AFTER = `
The environment variable CLOUDFLARE_API_TOKEN has a token of the account, and CLOUDFLARE_ACCOUNT_ID the account's id if
the token opens several. The command shows its plan, creates what is missing, migrates, uploads and tests. If a version
fails the test, the version before serves again. After a failure, run the command again: it resumes there. The test
needs a key of the Worker with the scope admin in ADMIN_KEY. A new Worker gets ADMIN_KEY as its own key; without one, a
key is made and shown once. docs/guides/deploy.md has the permissions of the token, the plan and the limits.

Examples:
  npm run deploy -- --dry-run
  npm run deploy -- --env staging
  npm run deploy -- --env staging --delete`;

export const createDeployCommand = () =>
  createCommand('deploy', 'Deploys the Worker to a Cloudflare account, or takes it down.')
    .option('--env <name>', 'a separate environment, such as staging, which shares nothing', parseEnvironment)
    .option('--dry-run', 'only show what would be done')
    .option('--url <url>', 'address for the test, if it is not the one that Cloudflare gives', parseUrl)
    .option('--delete', 'delete the Worker and all its data, after asking')
    .option('--yes', 'with --delete: do not ask')
    .addHelpText('after', AFTER);

export type DeployFlags = ReturnType<ReturnType<typeof createDeployCommand>['opts']>;
