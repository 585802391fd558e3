// Runs the models for several answers at once. What they ask for is collected until the isolate's other requests have
// had a turn, and then answered by one run.

import { ACTIONS } from '../../models/contracts/algorithm-settings.ts';
import type { HistoryItem } from '../../models/contracts/signals.ts';
import { encodeHistories } from '../../models/features/history.ts';
import { FEATURES } from '../../models/features/ranking.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { Isolate } from './isolate.ts';
import { type Models, peekRanker } from './run-models.ts';

/** For answers that are computed at the same time. If a run fails, it fails for all of them. */
export function runTogether(isolate: Isolate): Models {
  const score = collect(scoreAll);
  const predict = collect((asked: readonly Asked[]) => predictAll(isolate, asked));
  return {
    score: (release, history) => score({ release, history }),
    predict: (features, candidates) => predict({ features, candidates }),
  };
}

/** Returns a function that waits for the event loop's next turn, and answers all calls since with one run. */
function collect<Call, Answer>(run: (calls: readonly Call[]) => Promise<Answer[]>): (call: Call) => Promise<Answer> {
  let collected: { calls: Call[]; answers: Promise<Answer[]> } | undefined;
  const runCollected = async (calls: readonly Call[]) => {
    await scheduler.wait(0);
    collected = undefined;
    return run(calls);
  };
  return async (call) => {
    const calls: Call[] = collected?.calls ?? [];
    const at = calls.push(call) - 1;
    collected ??= { calls, answers: runCollected(calls) };
    return (await collected.answers)[at]!;
  };
}

/** Throws if the release changed between the calls: their scores would be of different vocabularies. */
async function scoreAll(
  calls: readonly { release: LoadedRelease; history: readonly HistoryItem[] }[],
): Promise<Float32Array[]> {
  const { release } = calls[0]!;
  if (calls.some((call) => call.release !== release)) throw new Error('the release changed meanwhile');
  const histories = calls.map(({ history }) => history);
  const scores = await release.scorer.score(encodeHistories(histories, release.itemIndices));
  const { length } = release.itemIds;
  return calls.map((_, row) => scores.subarray(row * length, (row + 1) * length));
}

interface Asked {
  features: Float32Array;
  candidates: number;
}

async function predictAll(isolate: Isolate, asked: readonly Asked[]): Promise<Float32Array[]> {
  const candidates = asked.reduce((sum, one) => sum + one.candidates, 0);
  const features = new Float32Array(candidates * FEATURES.length);
  const starts: number[] = [];
  let row = 0;
  for (const one of asked) {
    features.set(one.features, row * FEATURES.length);
    starts.push(row);
    row += one.candidates;
  }
  const probabilities = await peekRanker(isolate).predict(features, candidates);
  return asked.map((one, at) =>
    probabilities.subarray(starts[at]! * ACTIONS.length, (starts[at]! + one.candidates) * ACTIONS.length),
  );
}
