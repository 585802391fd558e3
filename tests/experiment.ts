// Valid experiments for tests.

import { type Experiment, ExperimentInput } from '../models/contracts/experiment.ts';

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

/** The same, running. */
export const makeExperiment = (fields: Partial<Experiment> = {}): Experiment => ({
  ...makeExperimentInput(),
  experimentId: 'short-pages',
  state: 'running',
  startedAt: '2026-11-20T08:00:00Z',
  stoppedAt: null,
  stopReason: null,
  slice: { from: 0, to: 1 },
  stoppedVariants: [],
  namedRelease: null,
  ...fields,
});
