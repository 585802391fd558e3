// Tests of the storage of experiments: revisions, limits, and what is published.

import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { type Experiment, ExperimentInput } from '../../models/contracts/experiment.ts';
import {
  deleteExperiment,
  readExperiment,
  readExperiments,
  readRunningExperiments,
  writeExperiment,
} from './experiments.ts';
import { readOperatorParts } from './publish-state.ts';

const makeExperiment = (experimentId: string, state: Experiment['state'] = 'draft'): Experiment => ({
  experimentId,
  ...ExperimentInput.parse({
    hypothesis: 'Shorter pages are clicked as often.',
    variants: [
      { id: 'control', share: 0.5 },
      { id: 'short', share: 0.5, settings: { rows: ['top-picks'] } },
    ],
  }),
  state,
  startedAt: null,
  stoppedAt: null,
  stopReason: null,
  slice: null,
  stoppedVariants: [],
  namedRelease: null,
});

beforeEach(() => env.DB.prepare('delete from experiments').run());

test('a writer replaces only the revision that it has read', async () => {
  expect(await writeExperiment(env.DB, makeExperiment('short-pages'), undefined, 10, 1)).toBe(true);
  expect(await writeExperiment(env.DB, makeExperiment('short-pages'), undefined, 10, 2)).toBe(false);
  const { experiment, revision } = (await readExperiment(env.DB, 'short-pages'))!;
  expect(experiment).toEqual(makeExperiment('short-pages'));
  const running = { ...experiment, state: 'running' as const };
  expect(await writeExperiment(env.DB, running, revision, 10, 3)).toBe(true);
  expect(await writeExperiment(env.DB, experiment, revision, 10, 4)).toBe(false);
  expect((await readExperiment(env.DB, 'short-pages'))!.experiment.state).toBe('running');
});

test('those that run are published, and cannot be deleted', async () => {
  await writeExperiment(env.DB, makeExperiment('runs', 'running'), undefined, 10, 1);
  await writeExperiment(env.DB, makeExperiment('waits'), undefined, 10, 2);
  expect((await readRunningExperiments(env.DB)).map(({ experimentId }) => experimentId)).toEqual(['runs']);
  expect((await readOperatorParts(env.DB)).experiments).toEqual([makeExperiment('runs', 'running')]);
  expect(await deleteExperiment(env.DB, 'runs')).toBe(false);
  expect(await deleteExperiment(env.DB, 'waits')).toBe(true);
  expect((await readExperiments(env.DB)).map(({ experiment }) => experiment.experimentId)).toEqual(['runs']);
});

test('there are no more than the limit', async () => {
  await writeExperiment(env.DB, makeExperiment('one'), undefined, 1, 1);
  expect(await writeExperiment(env.DB, makeExperiment('two'), undefined, 1, 2)).toBe(false);
});
