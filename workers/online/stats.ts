// Counts answers by route, tier and release, and tells the counts. An isolate keeps its own for a few seconds and adds them
// to D1 behind an answer; one that ends before loses no more than these.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Answer } from '../serving/hydrate.ts';
import { type AnswerCount, addAnswerCounts, readAnswerCounts } from '../storage/answer-counts.ts';
import { json, problems, scoped, wholeNumber } from './routing.ts';

const FLUSH_AFTER_MS = 5_000;
const KEEP_MS = 30 * 86_400_000;
const HOURS_MAX = 30 * 24;

export type CountedRoute = 'gallery' | 'recommendations' | 'list' | 'similar' | 'search';

const waiting = new Map<string, AnswerCount>();
let flushedAt = 0;

interface Asked {
  env: Env;
  waitUntil(promise: Promise<unknown>): void;
}

/** Never fails, and is waited for by nobody. */
export function countAnswer({ env, waitUntil }: Asked, route: CountedRoute, { tier, release, degraded }: Answer): void {
  const key = `${route}\n${tier}\n${release}`;
  const counted = waiting.get(key) ?? { route, tier, release: release ?? '', count: 0, degraded: 0 };
  counted.count++;
  if (degraded.length > 0) counted.degraded++;
  waiting.set(key, counted);
  if (Date.now() - flushedAt >= FLUSH_AFTER_MS) waitUntil(flush(env));
}

async function flush({ DB }: Env): Promise<void> {
  const now = Date.now();
  flushedAt = now;
  const counts = [...waiting.values()];
  waiting.clear();
  if (counts.length === 0) return;
  try {
    await addAnswerCounts(DB, counts, now, KEEP_MS);
  } catch (error) {
    console.error(JSON.stringify({ alert: 'answers not counted', kinds: counts.length, error: String(error) }));
  }
}

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
          degraded: z.number().int().meta({ description: 'Of these, answers in which a step fell back.' }),
        }),
      )
      .meta({
        description: 'The most frequent first. What other isolates counted in the last seconds may be missing.',
      }),
  })
  .meta({ id: 'Stats' });

export function routeStats(app: OpenAPIHono<{ Bindings: Env }>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/stats',
      tags: ['Operation'],
      summary: 'How many answers came from which tier',
      ...scoped('admin'),
      request: {
        query: z.object({
          hours: wholeNumber(1, HOURS_MAX).default(24).meta({ description: 'As far back as this.' }),
        }),
      },
      responses: { 200: json(Stats, 'Counts by route, tier and release.'), ...problems(400) },
    }),
    async (c) => {
      const since = Date.now() - c.req.valid('query').hours * 3_600_000;
      await flush(c.env);
      const answers = await readAnswerCounts(c.env.DB, since);
      return c.json(
        {
          since: new Date(since).toISOString(),
          answers: answers.map((answer) => ({ ...answer, release: answer.release === '' ? null : answer.release })),
        },
        200,
      );
    },
  );
}
