// Runs the retrieval model for several answers at once. Their histories are collected until the isolate's other
// requests have had a turn, and then scored by one run. The ranking model gains nothing from sharing a run.

import type { HistoryItem } from '../../models/contracts/signals.ts';
import { encodeHistories } from '../../models/features/history.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { Isolate } from './isolate.ts';
import { type Models, runAlone } from './run-models.ts';

type History = readonly HistoryItem[];

interface Collected {
  histories: History[];
  scores: Promise<Float32Array[]>;
}

/** Models for answers that are computed at the same time. If a run fails, all answers that share it get the error. */
export function scoreTogether(isolate: Isolate): Models {
  const collected = new Map<LoadedRelease, Collected>();
  const scoreCollected = async (release: LoadedRelease, histories: readonly History[]) => {
    await scheduler.wait(0);
    collected.delete(release);
    return scoreAll(release, histories);
  };
  const open = (release: LoadedRelease): Collected => {
    const histories: History[] = [];
    const opened = { histories, scores: scoreCollected(release, histories) };
    collected.set(release, opened);
    return opened;
  };
  return {
    ...runAlone(isolate),
    async score(release, history) {
      const { histories, scores } = collected.get(release) ?? open(release);
      const at = histories.push(history) - 1;
      return (await scores)[at]!;
    },
  };
}

async function scoreAll(release: LoadedRelease, histories: readonly History[]): Promise<Float32Array[]> {
  const scores = await release.scorer.score(encodeHistories(histories, release.itemIndices));
  const { length } = release.itemIds;
  return histories.map((_, row) => scores.subarray(row * length, (row + 1) * length));
}
