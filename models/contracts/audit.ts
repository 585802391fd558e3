// The audit log: what administrators changed. It names no player, and shows no secret.

import { z } from 'zod';

/** Older entries are deleted. */
export const AUDIT_ENTRIES_MAX = 10_000;
/** Of the JSON of one state: an entry takes twice that at most. */
export const AUDIT_STATE_BYTES_MAX = 4_096;
export const AUDIT_PAGE_MAX = 100;

const state = (when: string) =>
  z.unknown().meta({
    description:
      `The resource ${when} the change; null if there was none. If its JSON is longer than 4 KB, a text: the ` +
      'beginning of that.',
  });

export const AuditEntry = z
  .object({
    entryId: z.number().int().meta({ description: 'Increases with each entry.' }),
    at: z.iso.datetime(),
    keyId: z
      .string()
      .meta({ description: 'The key that was used; of the environment’s keys, the variable and the number in it.' }),
    method: z.string().meta({ example: 'PUT' }),
    path: z.string().meta({ example: '/v1/rules/{ruleId}' }),
    ids: z
      .record(z.string(), z.string())
      .meta({ description: 'The ids in the path, except players’.', example: { ruleId: 'spring-sale' } }),
    status: z
      .number()
      .int()
      .nullable()
      .meta({ description: 'Of the answer; null if it is not known whether the change was made.' }),
    before: state('before'),
    after: state('after'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntry = z.infer<typeof AuditEntry>;
