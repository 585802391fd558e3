// The entries of the audit log: changes by administrators. They name no player and show no secret.

import { z } from 'zod';

/** Older entries are deleted. */
export const AUDIT_ENTRIES_MAX = 10_000;
/** For the JSON of one state; an entry has two. */
export const AUDIT_STATE_BYTES_MAX = 4_096;
export const AUDIT_PAGE_MAX = 100;

const state = (when: string) =>
  z.unknown().meta({
    description:
      `The resource ${when} the change; null if there was none. If its JSON is longer than 4 KB, a string: the ` +
      'beginning of the JSON.',
  });

export const AuditEntry = z
  .object({
    entryId: z.number().int().meta({ description: 'Increases with each entry.' }),
    at: z.iso.datetime(),
    keyId: z
      .string()
      .meta({ description: 'Id of the key; for a key of the environment, the variable and its number.' }),
    method: z.string().meta({ example: 'PUT' }),
    path: z.string().meta({ example: '/v1/rules/{ruleId}' }),
    ids: z
      .record(z.string(), z.string())
      .meta({ description: 'The ids in the path, without players’ ids.', example: { ruleId: 'spring-sale' } }),
    status: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Status of the answer; null if it is not known whether the change was made.' }),
    before: state('before'),
    after: state('after'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
