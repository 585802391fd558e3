// Says what a deployment will do, and what that implies.

import { type Configuration, findHost } from './configuration.ts';
import { isEmpty, type Plan } from './plan.ts';

export function describePlan(plan: Plan, configuration: Configuration): string {
  const { name } = configuration;
  if (isEmpty(plan)) return `Nothing to change: ${name} is deployed as it is here.`;
  const lines = [
    ...plan.createdDatabases.map((database) => `create   D1 database ${database}`),
    ...plan.createdBuckets.map((bucket) => `create   R2 bucket ${bucket}`),
    ...plan.createdQueues.map((queue) => `create   queue ${queue}`),
    ...plan.migrations.map(
      ({ database, files }) => `migrate  D1 database ${database}: ${describeFiles(files)}. No rollback undoes this`,
    ),
    ...plan.secrets.map((secret) => `secret   ${secret}: ${SECRETS[secret]}`),
    ...(plan.upload.length === 0 ? [] : describeUpload(plan, configuration)),
  ];
  return lines.map((line) => `  ${line}`).join('\n');
}

const SECRETS = {
  ADMIN_KEY: 'opens all of the API',
  TOKEN_KEY_0: 'signs players’ tokens; made now, shown to nobody',
};

const describeFiles = (files: readonly string[]): string =>
  files.length === 1 ? files[0]! : `${files.length} migrations, ${files[0]} to ${files.at(-1)}`;

function describeUpload(plan: Plan, configuration: Configuration): string[] {
  const host = findHost(configuration);
  const { crons } = configuration.triggers;
  return [
    `upload   Worker ${configuration.name}: ${plan.upload.join('; ')}. It serves all requests at once`,
    ...(plan.versionBefore === undefined
      ? [`start    ${crons.length} crons and ${configuration.queues.consumers.length} consumers of queues`]
      : []),
    ...(host === undefined ? [] : [`address  ${host}: replaces a DNS record of this name, if there is one`]),
    `test     ${plan.address}: its status and the gallery of a made-up player, whose data is erased afterwards`,
  ];
}
