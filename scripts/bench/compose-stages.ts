// Says where the time of a page goes: samples the stack while pages are composed, and counts each sample for the
// innermost stage in it. A stage is a function of workers/recommending or models/features.

import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';

/** By function. What no inner stage takes counts for the outer one. */
const STAGES: Readonly<Record<string, string>> = {
  encodeFeatures: 'features of the candidates',
  sumLabels: 'features of the candidates',
  computeRequestFeatures: 'the player’s part of the features',
  computePriors: 'the prior',
  predictUtilities: 'the stand-in for the ranking model',
  rankByScore: 'order by score',
  scoreCandidates: 'scores, other',
  sortFirst: 'order of the retrieval model’s scores',
  compareColdStart: 'cold-start games compared with the history',
  listRows: 'genre rows, neighbours of anchors, titles',
  createPlayerFilters: 'preparing filters',
  '#admit': 'filtering what sources visit',
  removesShared: 'filtering what sources visit',
  retrieveCandidates: 'sources, other',
  rankInRow: 'order within rows',
  composeTopPicks: 'the first row: diversity and exploration',
  composeOwnRows: 'the player’s own games',
  fillRows: 'filling rows',
  composeGallery: 'other',
};
const INTERVAL_US = 100;

export interface Stage {
  name: string;
  /** Mean milliseconds a page. */
  ms: number;
}

/** `compose`: composes one page. Stages in the order of their time. */
export async function measureStages(pages: number, compose: (page: number) => Promise<unknown>): Promise<Stage[]> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
    await session.post('Profiler.start');
    for (let page = 0; page < pages; page++) await compose(page);
    const { profile } = await session.post('Profiler.stop');
    return sumStages(profile, pages);
  } finally {
    session.disconnect();
  }
}

function sumStages({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, pages: number): Stage[] {
  const stageOf = new Map<number, string | undefined>();
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const visit = (id: number, outer: string | undefined): void => {
    const { callFrame, children = [] } = byId.get(id)!;
    const stage = STAGES[callFrame.functionName] ?? outer;
    stageOf.set(id, stage);
    for (const child of children) visit(child, stage);
  };
  visit(nodes[0]!.id, undefined);
  const sums = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const stage = stageOf.get(id);
    if (stage !== undefined) sums.set(stage, (sums.get(stage) ?? 0) + timeDeltas[at]! / 1_000);
  }
  return Array.from(sums, ([name, ms]) => ({ name, ms: ms / pages })).sort((a, b) => b.ms - a.ms);
}
