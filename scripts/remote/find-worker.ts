// Finds the address of one of the account's Workers. It calls no Worker.

import { readSubdomain } from '../deploy/account.ts';
import { deriveConfiguration } from '../deploy/configuration.ts';
import { findAddress } from '../deploy/plan.ts';
import { readConfigurationFile, signIn } from '../deploy/sign-in.ts';
import type { RemoteRequest } from './open.ts';

/** Its own domain, or the address under workers.dev. Throws if it has none, or only one with “*”. */
export async function findWorkerUrl(request: Omit<RemoteRequest, 'retryWaitMs'>): Promise<string> {
  const { env, environment, report, readConfiguration = readConfigurationFile } = request;
  const { api, accountId } = await signIn(env);
  const configuration = deriveConfiguration(await readConfiguration(), environment);
  const url = findAddress(configuration, await readSubdomain(api, `/accounts/${accountId}`));
  report(`Account ${accountId}, Worker ${configuration.name}: ${url}`);
  return url;
}
