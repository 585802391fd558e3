// Runs the models for several answers at once. What they ask for is collected until the isolate's other requests have
// had a turn, and then answered by one run.

import { ACTIONS } from '../../models/contracts/algorithm-settings.ts';
import type { HistoryItem } from '../../models/contracts/signals.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { FEATURES } from '../../models/features/ranking.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { Isolate } from './isolate.ts';
import { type Models, peekRanker } from './run-models.ts';

/** For answers that are computed at the same time. If a run fails, it fails for all of its release. */
export function runTogether(isolate: Isolate): Models {
  const score = collect(scoreAll);
  const predict = collect((release, asked: readonly Asked[]) => predictAll(isolate, release, asked));
  return { score, predict: (release, features, candidates) => predict(release, { features, candidates }) };
}

interface Collected<Call, Answer> {
  calls: Call[];
  answers: Promise<Answer[]>;
}

/** Returns a function that waits for the event loop's next turn, and answers all calls since with a run per release. */
function collect<Call, Answer>(
  run: (release: LoadedRelease, calls: readonly Call[]) => Promise<Answer[]>,
): (release: LoadedRelease, call: Call) => Promise<Answer> {
  const collected = new Map<LoadedRelease, Collected<Call, Answer>>();
  const runCollected = async (release: LoadedRelease, calls: readonly Call[]) => {
    await scheduler.wait(0);
    collected.delete(release);
    return run(release, calls);
  };
  const open = (release: LoadedRelease): Collected<Call, Answer> => {
    const calls: Call[] = [];
    const opened = { calls, answers: runCollected(release, calls) };
    collected.set(release, opened);
    return opened;
  };
  return async (release, call) => {
    const { calls, answers } = collected.get(release) ?? open(release);
    const at = calls.push(call) - 1;
    return (await answers)[at]!;
  };
}

async function scoreAll(
  release: LoadedRelease,
  histories: readonly (readonly HistoryItem[])[],
): Promise<Float32Array[]> {
  const scores = await release.scorer.score(encodeHistories(histories, release.itemIndices));
  const { length } = release.itemIds;
  return histories.map((_, row) => scores.subarray(row * length, (row + 1) * length));
}

interface Asked {
  features: Float32Array;
  candidates: number;
}

async function predictAll(isolate: Isolate, release: LoadedRelease, asked: readonly Asked[]): Promise<Float32Array[]> {
  const candidates = asked.reduce((sum, one) => sum + one.candidates, 0);
  const features = new Float32Array(candidates * FEATURES.length);
  const starts: number[] = [];
  let row = 0;
  for (const one of asked) {
    features.set(one.features, row * FEATURES.length);
    starts.push(row);
    row += one.candidates;
  }
  const probabilities = await peekRanker(isolate, release).predict(features, candidates);
  return asked.map((one, at) =>
    probabilities.subarray(starts[at]! * ACTIONS.length, (starts[at]! + one.candidates) * ACTIONS.length),
  );
}
