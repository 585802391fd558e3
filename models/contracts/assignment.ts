// The variant of an experiment that a player sees.

import { z } from 'zod';

export const Assignment = z.object({ experimentId: z.string(), variant: z.string() }).meta({ id: 'Assignment' });
export type Assignment = z.infer<typeof Assignment>;
