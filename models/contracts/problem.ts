// RFC 9457 problem details: the one shape of every error this service answers with.

import { z } from 'zod';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export const Problem = z
  .object({
    type: z.string().meta({ example: '/docs#problem-invalid-input' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional().meta({ description: 'What the caller can do about it.' }),
    errors: z
      .array(z.object({ path: z.string().meta({ example: 'events.0.userId' }), message: z.string() }))
      .optional()
      .meta({ description: 'Each field at fault.' }),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
