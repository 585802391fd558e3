// Tests of the storage of experiments: revisions, limits, and what is published.

import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { Experiment } from '../../models/contracts/experiment.ts';
import { draftExperiment } from '../../models/experiments/lifecycle.ts';
import { makeExperimentInput } from '../../tests/experiment.ts';
import {
  deleteExperiment,
  readExperiment,
  readExperiments,
  readRunningExperiments,
  writeExperiment,
  writeStarted,
} from './experiments.ts';
import { readOperatorParts } from './publish-state.ts';

const makeExperiment = (experimentId: string, state: Experiment['state'] = 'draft'): Experiment => ({
  ...draftExperiment(experimentId, makeExperimentInput()),
  state,
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

test('a start is stored only beside those that were read', async () => {
  await writeExperiment(env.DB, makeExperiment('ä!', 'running'), undefined, 10, 1);
  await writeExperiment(env.DB, makeExperiment('b'), undefined, 10, 2);
  const running = await readExperiments(env.DB, 'running');
  const started = makeExperiment('b', 'running');
  expect(await writeStarted(env.DB, started, 1, [])).toBe(false);
  expect(await writeStarted(env.DB, started, 2, running)).toBe(false);
  await writeExperiment(env.DB, running[0]!.experiment, 1, 10, 3);
  expect(await writeStarted(env.DB, started, 1, running)).toBe(false);
  const read = await readExperiments(env.DB, 'running');
  expect(await writeStarted(env.DB, started, 1, read)).toBe(true);
  expect(await readRunningExperiments(env.DB)).toHaveLength(2);
});
