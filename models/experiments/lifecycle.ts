// The life of an experiment: draft, running, stopped. Decides what may be changed when, and gives a started experiment
// its slice of the layer. Does not check that a release exists, and stores nothing.

import { type Experiment, ExperimentInput, RUNNING_EXPERIMENTS_MAX } from '../contracts/experiment.ts';
import type { NamedRelease } from '../contracts/release.ts';
import { fail, ok, type Result } from '../contracts/result.ts';
import { findSlice } from './slices.ts';

/** The fields of a running experiment that may change: none of them moves a player to another variant. */
const SAFE_FIELDS: readonly string[] = ['hypothesis', 'endsAt', 'guardrails'];

export const draftExperiment = (experimentId: string, input: ExperimentInput): Experiment => ({
  experimentId,
  ...input,
  state: 'draft',
  startedAt: null,
  stoppedAt: null,
  stopReason: null,
  slice: null,
  stoppedVariants: [],
  namedRelease: null,
});

/** The experiment with the fields of `input`; an error if it is past the state in which these may change. */
export function changeExperiment(experiment: Experiment, input: ExperimentInput): Result<Experiment, string> {
  const { experimentId, state } = experiment;
  if (state === 'stopped')
    return fail(`“${experimentId}” has ended: give a new experiment another id, which assigns players anew.`);
  if (state === 'draft') return ok(draftExperiment(experimentId, input));
  const fixed = listChanges(experiment, input).filter((field) => !SAFE_FIELDS.includes(field));
  if (fixed.length === 0) return ok({ ...experiment, ...input });
  return fail(`“${experimentId}” is running: ${SAFE_FIELDS.join(', ')} may change, but not ${fixed.join(', ')}.`);
}

/** Both have been parsed, so equal fields have equal texts. */
const listChanges = (experiment: Experiment, input: ExperimentInput): string[] =>
  (Object.keys(ExperimentInput.shape) as (keyof ExperimentInput)[]).filter(
    (field) => JSON.stringify(experiment[field]) !== JSON.stringify(input[field]),
  );

/** `namedRelease`: the one that its variants name, null if none. `now`: epoch milliseconds. */
export function startExperiment(
  experiment: Experiment,
  running: readonly Experiment[],
  namedRelease: NamedRelease | null,
  now: number,
): Result<Experiment, string> {
  const refusal = explainRefusal(experiment, running, namedRelease, now);
  if (refusal !== undefined) return fail(refusal);
  const { layer, audience } = experiment;
  const taken = running.flatMap((other) => (other.layer === layer && other.slice !== null ? [other.slice] : []));
  const slice = findSlice(taken, audience.share);
  if (slice === undefined)
    return fail(
      `The layer “${layer}” has no room for a share of ${audience.share}: stop another of its experiments, choose a ` +
        'smaller share or another layer.',
    );
  return ok({ ...experiment, state: 'running', startedAt: new Date(now).toISOString(), slice, namedRelease });
}

function explainRefusal(
  { experimentId, state, endsAt }: Experiment,
  running: readonly Experiment[],
  namedRelease: NamedRelease | null,
  now: number,
): string | undefined {
  if (state !== 'draft') return `“${experimentId}” is ${state}: only a draft can be started.`;
  if (endsAt !== null && Date.parse(endsAt) <= now) return `“${experimentId}” should have ended at ${endsAt}.`;
  if (running.length >= RUNNING_EXPERIMENTS_MAX)
    return `There are already ${RUNNING_EXPERIMENTS_MAX} running experiments; stop one first.`;
  const other = running.find((one) => one.namedRelease !== null && one.namedRelease.version !== namedRelease?.version);
  if (namedRelease === null || other === undefined) return undefined;
  return (
    `“${other.experimentId}” serves the release ${other.namedRelease?.version}: an isolate has memory for only one ` +
    'besides the one in use.'
  );
}

/** `now`: epoch milliseconds. */
export function stopExperiment(experiment: Experiment, reason: string, now: number): Result<Experiment, string> {
  const { experimentId, state } = experiment;
  if (state !== 'running') return fail(`“${experimentId}” is not running.`);
  return ok({ ...experiment, state: 'stopped', stoppedAt: new Date(now).toISOString(), stopReason: reason });
}
