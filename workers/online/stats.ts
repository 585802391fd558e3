// The endpoint that counts answers by tier.

import { z } from '@hono/zod-openapi';
import type { AnswerCount } from '../../models/contracts/slate.ts';
import { readAnswerCounts } from '../storage/answer-counts.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { wholeNumber } from './parameters.ts';

const HOUR_MS = 3_600_000;
const HOURS_MAX = 30 * 24;

const StatsQuery = z.object({
  hours: wholeNumber(1, HOURS_MAX).default(24).meta({ description: 'Answers of the last hours.' }),
});
const Stats = z
  .object({
    since: z.iso.datetime(),
    answers: z
      .array(
        z.object({
          route: z.string(),
          tier: z.string(),
          release: z.string().nullable(),
          count: z.number().int(),
          degraded: z.number().int().meta({ description: 'Answers among these in which a step fell back.' }),
        }),
      )
      .meta({
        description:
          'Most frequent first. Galleries are counted some seconds after the answer, other answers with the next ' +
          'gallery of their isolate, or after a minute.',
      }),
  })
  .meta({ id: 'Stats' });

export interface AnswerCounts {
  /** `since`: epoch milliseconds. */
  readCounts(since: number): Promise<AnswerCount[]>;
}

const openAnswerCounts = ({ env: { DB } }: AppContext): AnswerCounts => ({
  readCounts: (since) => readAnswerCounts(DB, since),
});

export async function getStats(
  { query: { hours } }: { query: z.output<typeof StatsQuery> },
  { readCounts }: AnswerCounts,
): Promise<z.output<typeof Stats>> {
  const since = Date.now() - hours * HOUR_MS;
  return { since: new Date(since).toISOString(), answers: await readCounts(since) };
}

const ENDPOINTS: Endpoint<AnswerCounts>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/stats',
    operationId: 'getStats',
    tag: 'Operation',
    summary: 'Count answers by tier',
    scope: 'admin',
    query: StatsQuery,
    answer: { schema: Stats, description: 'Counts by route, tier and release.' },
    handle: getStats,
  }),
];

export const routeStats = (app: App): void => registerEndpoints(app, ENDPOINTS, openAnswerCounts);
