// Problem details (RFC 9457): the shape of every error that the API answers with.

import { z } from 'zod';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export const Problem = z
  .object({
    type: z.string().meta({ example: '/docs#problem-invalid-input' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional().meta({ description: 'Says what the caller can do about it.' }),
    errors: z
      .array(z.object({ path: z.string().meta({ example: 'events.0.userId' }), message: z.string() }))
      .optional()
      .meta({ description: 'Each invalid field.' }),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
