// A valid experiment for tests.

import { ExperimentInput } from '../models/contracts/experiment.ts';

/** Half of the players get shorter pages, unless `fields` say otherwise. */
export const makeExperimentInput = (fields: Partial<ExperimentInput> = {}): ExperimentInput => ({
  ...ExperimentInput.parse({
    hypothesis: 'Shorter pages are clicked as often.',
    variants: [
      { id: 'control', share: 0.5 },
      { id: 'short', share: 0.5, settings: { rows: ['top-picks'] } },
    ],
  }),
  ...fields,
});
