// Carries out a plan. Each step leaves the account so that another run resumes there.

import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Account } from './account.ts';
import type { Bundle } from './bundle.ts';
import type { Plan } from './plan.ts';
import type { Wrangler } from './run-wrangler.ts';
import type { ChosenSecrets } from './secrets.ts';

export interface Deployment {
  plan: Plan;
  secrets: ChosenSecrets;
  bundle: Bundle;
  account: Account;
  wrangler: Wrangler;
  /** Throws if this version of the Worker does not answer, or not as it should; returns what it answers. */
  test(key: string, version: string): Promise<string>;
  report(line: string): void;
}

export async function deploy(deployment: Deployment): Promise<void> {
  const { plan, secrets, report } = deployment;
  await createResources(deployment);
  for (const migration of plan.migrations) {
    report(`Migrating ${migration.database}…`);
    await deployment.wrangler([
      ...['d1', 'migrations', 'apply', migration.binding],
      ...['--remote', '--config', deployment.bundle.configFile],
    ]);
  }
  if (plan.upload.length > 0) await uploadOrGoBack(deployment);
  if (secrets.testKey === undefined) {
    report('Not tested: set ADMIN_KEY to a key of this Worker with the scope admin.');
    return;
  }
  report(`Testing ${plan.address}…`);
  await testOrGoBack(deployment, secrets.testKey);
}

async function createResources({ plan, account, report }: Deployment): Promise<void> {
  for (const name of plan.createdDatabases) {
    report(`Creating the D1 database ${name}…`);
    await account.createDatabase(name);
  }
  for (const name of plan.createdBuckets.filter((bucket) => !plan.provisioned.has(bucket))) {
    report(`Creating the R2 bucket ${name}…`);
    await account.createBucket(name);
  }
  for (const name of plan.createdQueues.filter((queue) => !plan.provisioned.has(queue))) {
    report(`Creating the queue ${name}…`);
    await account.createQueue(name);
  }
}

async function upload({ plan, secrets, bundle, wrangler, report }: Deployment): Promise<void> {
  const { shown, stored } = secrets;
  // Before the upload: the Worker may keep the key although wrangler fails afterwards.
  if (shown !== undefined)
    report(`\nADMIN_KEY, shown only now; it is valid once the Worker is uploaded:\n\n  ${shown}\n`);
  report(`Uploading the Worker${plan.provisioned.size === 0 ? '' : ', and creating what it is bound to'}…`);
  const args = ['deploy', '--config', bundle.configFile, '--tag', bundle.digest];
  if (Object.keys(stored).length === 0) return wrangler(args);
  const file = path.join(path.dirname(bundle.configFile), 'secrets.json');
  writeFileSync(file, JSON.stringify(stored), { mode: 0o600 });
  try {
    await wrangler([...args, '--secrets-file', file]);
  } finally {
    rmSync(file, { force: true });
  }
}

/** A version that serves without its crons or consumers has not been tested either. */
async function uploadOrGoBack(deployment: Deployment): Promise<void> {
  try {
    await upload(deployment);
  } catch (error) {
    const { versionBefore } = deployment.plan;
    if (versionBefore === undefined || (await readDeployed(deployment)) === versionBefore) throw error;
    await goBack(deployment, `the upload was not completed: ${(error as Error).message}`);
  }
}

async function testOrGoBack(deployment: Deployment, key: string): Promise<void> {
  const { plan, test, report } = deployment;
  try {
    report(`Tested: ${await test(key, await readDeployed(deployment))}.`);
  } catch (error) {
    const failure = `the Worker at ${plan.address} fails its test: ${(error as Error).message}`;
    if (plan.upload.length > 0) await goBack(deployment, failure);
    throw new Error(`${failure}. No version was uploaded, so none is taken back`);
  }
}

/** Id of the version that is deployed. */
async function readDeployed({ account }: Deployment): Promise<string> {
  const { worker } = await account.readState();
  if (worker === undefined) throw new Error('the account has no such Worker any more');
  return worker.versionId;
}

/** Throws in the end, with the reason. */
async function goBack(
  { plan: { versionBefore }, bundle, wrangler, report }: Deployment,
  reason: string,
): Promise<never> {
  if (versionBefore === undefined)
    throw new Error(`${reason}. There is no version before it: fix it and deploy again, or take it down with --delete`);
  report('Going back to the version before…');
  const args = ['rollback', versionBefore, '--message', 'deployment failed', '--yes', '--config', bundle.configFile];
  await wrangler(args).catch(({ message }: Error) => {
    throw new Error(`${reason}. The version before (${versionBefore}) could not be brought back: ${message}`);
  });
  throw new Error(`${reason}. The version before serves again (${versionBefore}); migrations stay applied`);
}
