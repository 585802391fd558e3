// The endpoint that lists the audit log. audit.ts writes the entries.

import { z } from '@hono/zod-openapi';
import { AUDIT_PAGE_MAX, AuditEntry } from '../../models/contracts/audit.ts';
import { listAuditEntries } from '../storage/audit-log.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { wholeNumber } from './parameters.ts';

const ListQuery = z.object({
  limit: wholeNumber(1, AUDIT_PAGE_MAX).default(20),
  cursor: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional().meta({ description: 'Only entries before this one.' }),
});
const ListAnswer = z.object({
  entries: z.array(AuditEntry).meta({ description: 'Newest first.' }),
  cursor: z.number().int().nullable().meta({ description: 'Send it to get the next page; null on the last page.' }),
});

export interface AuditReader {
  /** Newest first, older than `beforeId`. */
  listEntries(beforeId: number, limit: number): Promise<AuditEntry[]>;
}

export async function getAuditLog(
  { query: { limit, cursor = Number.MAX_SAFE_INTEGER } }: { query: z.output<typeof ListQuery> },
  { listEntries }: AuditReader,
): Promise<z.output<typeof ListAnswer>> {
  const entries = await listEntries(cursor, limit);
  return { entries, cursor: entries.length === limit ? entries.at(-1)!.entryId : null };
}

const ENDPOINTS: Endpoint<AuditReader>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/audit-log',
    operationId: 'getAuditLog',
    tag: 'Keys',
    summary: 'List changes by administrators',
    description:
      'One entry for each valid request for a change with the scope `admin`, even if the change fails: the key, the ' +
      'route, the resource before and after. The newest 10,000 are kept. They name no player and show no secret.',
    scope: 'admin',
    query: ListQuery,
    answer: { schema: ListAnswer, description: 'One page.' },
    handle: getAuditLog,
  }),
];

const openAuditReader = ({ env: { DB } }: AppContext): AuditReader => ({
  listEntries: (beforeId, limit) => listAuditEntries(DB, beforeId, limit),
});

export const routeAuditLog = (app: App): void => registerEndpoints(app, ENDPOINTS, openAuditReader);
