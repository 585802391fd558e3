// The checkpoints of a fit by gradient: its latest state, its best one, and a mark that it is complete.

import type { TrainingStep } from '../gradient/step.ts';
import type { Checkpoints } from './algorithm.ts';

/** Restoring overwrites the state of `training`; a checkpoint of another length counts as none. */
export function openFitCheckpoints(training: TrainingStep, checkpoints: Checkpoints, name: string) {
  const initial = training.save();
  const [latest, best, complete] = [`${name}-latest`, `${name}-best`, `${name}-complete`];
  const restore = (saved: Uint8Array | undefined) =>
    saved?.length === initial.length ? training.restore(saved) : undefined;
  return {
    /** Returns the steps made; undefined if no best state was saved. */
    restoreBest: () => restore(checkpoints.read(best)),
    /** Returns the steps made; restores the initial state if none was saved. */
    restoreLatest: () => restore(checkpoints.read(latest)) ?? training.restore(initial),
    isComplete: () => (checkpoints.read(complete)?.length ?? 0) > 0,
    saveLatest: () => checkpoints.write(latest, training.save()),
    saveBest: () => checkpoints.write(best, training.save()),
    forgetLatest: () => checkpoints.write(latest, new Uint8Array()),
    markComplete: () => checkpoints.write(complete, Uint8Array.of(1)),
  };
}
