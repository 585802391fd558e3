// One run of `npm run deploy`: reads the configuration and the account, and deploys, plans or deletes.

import { type Account, openAccount } from './account.ts';
import { type Bundle, buildBundle } from './bundle.ts';
import type { DeployFlags } from './command.ts';
import { type Configuration, type ConfigurationFile, deriveConfiguration } from './configuration.ts';
import { deleteAll, describeDeletion } from './delete.ts';
import { deploy } from './deploy.ts';
import { describePlan } from './describe-plan.ts';
import { makePlan } from './plan.ts';
import { createWrangler, type Wrangler } from './run-wrangler.ts';
import { chooseSecrets } from './secrets.ts';
import { readConfigurationFile, signIn } from './sign-in.ts';
import { runSmokeTest } from './smoke-test.ts';

export interface Surroundings {
  /** CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_BASE_URL, ADMIN_KEY. */
  env: NodeJS.ProcessEnv;
  /** Empty; deleted afterwards. */
  folder: string;
  /** True if a person reads the reports. */
  isTerminal: boolean;
  report(line: string): void;
  /** Returns the answer. */
  ask(question: string): Promise<string>;
  readConfiguration(): Promise<ConfigurationFile>;
  build(configuration: Configuration, folder: string, wrangler: Wrangler): Promise<Bundle>;
  testLimitMs: number;
  testPollMs: number;
}

/** The product's own configuration and bundle. */
export const ownProduct: Pick<Surroundings, 'readConfiguration' | 'build'> = {
  readConfiguration: readConfigurationFile,
  build: buildBundle,
};

export async function runDeployment(flags: DeployFlags, surroundings: Surroundings): Promise<void> {
  const { env, report, folder } = surroundings;
  const { api, accountId } = await signIn(env);
  const configuration = deriveConfiguration(await surroundings.readConfiguration(), flags.env);
  const account = openAccount(api, accountId, configuration);
  report(`Account ${accountId}, Worker ${configuration.name}`);
  if (flags.delete) return remove(flags, configuration, account, surroundings);
  const wrangler = createWrangler(folder, { ...env, CLOUDFLARE_ACCOUNT_ID: accountId });
  const state = await account.readState();
  report('Building…');
  const bundle = await surroundings.build(configuration, folder, wrangler);
  const plan = makePlan(configuration, bundle.digest, state, flags.url);
  report(describePlan(plan, configuration));
  if (flags.dryRun) return;
  const { testLimitMs: limitMs, testPollMs: pollMs, isTerminal } = surroundings;
  await deploy({
    plan,
    secrets: chooseSecrets(plan, env.ADMIN_KEY, isTerminal),
    bundle,
    account,
    wrangler,
    test: (key, version) => runSmokeTest({ url: plan.address, key, version, limitMs, pollMs }),
    report,
  });
}

async function remove(
  flags: DeployFlags,
  configuration: Configuration,
  account: Account,
  { report, ask, isTerminal }: Surroundings,
): Promise<void> {
  const state = await account.readState();
  const lines = describeDeletion(configuration, state);
  if (lines.length === 0) return report('Nothing to delete.');
  report(`To be deleted, irrecoverably:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  if (flags.dryRun) return;
  if (!flags.yes) {
    if (!isTerminal) throw new Error('not a terminal, so nobody can be asked: --yes deletes without asking');
    const { name } = configuration;
    if ((await ask(`Type the Worker’s name, ${name}, to delete all of it: `)).trim() !== name)
      throw new Error('the names differ: nothing is deleted');
  }
  await deleteAll(account, state, report);
  report('Deleted.');
}
