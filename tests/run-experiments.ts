// Running experiments in D1 and in the published state, without the checks of the API.

import type { Experiment } from '../models/contracts/experiment.ts';
import { writeExperiment } from '../workers/storage/experiments.ts';
import type { Stores } from '../workers/storage/stores.ts';
import { makeExperiment } from './experiment.ts';
import { publishHere } from './publish-here.ts';

type Variants = (Pick<Experiment['variants'][number], 'id'> & Partial<Experiment['variants'][number]>)[];
type Fields = Partial<Omit<Experiment, 'variants' | 'experimentId'>> & { variants: Variants };

/** Variants without a share are shadows. */
export const makeRunning = (experimentId: string, { variants, ...fields }: Fields): Experiment => ({
  ...makeExperiment({ experimentId, ...fields }),
  variants: variants.map((variant) => ({ isShadow: variant.share === undefined, share: 0, ...variant })),
});

/** Puts these in the place of all others. */
export async function runExperiments(stores: Stores, experiments: readonly Experiment[]): Promise<void> {
  await stores.DB.prepare('delete from experiments').run();
  for (const experiment of experiments) await writeExperiment(stores.DB, experiment, undefined, 100, Date.now());
  await publishHere(stores);
}
