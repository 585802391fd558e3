// Measures how long composing takes in Node, by size of the catalogue: a page and a list for players with a full
// history, with the ranking model's features but without its inference. Reads no store.

import { GALLERY_ROW_LENGTH_DEFAULT, SLATE_LENGTH_DEFAULT } from '../../models/contracts/gallery.ts';
import type { RankingInput } from '../../workers/recommending/ranking-input.ts';
import { composeGallery, recommend } from '../../workers/recommending/recommend.ts';
import { measureStages, type Stage } from './compose-stages.ts';
import { drawRankingInputs } from './draw-store.ts';
import { median, takePercentile } from './rounds.ts';

/** Answers go around many players, so that no answer finds its predecessor's data in the processor's caches. */
const PLAYERS = 32;
const WARM_UPS = 200;
const ANSWERS = 1_000;
/** Targets for a page, median, by number of games. */
const TARGETS_MS: Readonly<Record<number, number>> = { 20000: 0.8, 100000: 2 };

const COMPOSED = {
  page: (input: RankingInput) => composeGallery(input, GALLERY_ROW_LENGTH_DEFAULT),
  list: (input: RankingInput) => recommend(input, SLATE_LENGTH_DEFAULT),
};

export interface ComposeReport {
  results: { items: number; what: keyof typeof COMPOSED; p50Ms: number; p99Ms: number }[];
  /** The parts of a page’s time, by number of games. */
  stages: { items: number; stages: Stage[] }[];
}

export async function benchCompose(sizes: readonly number[], log: (message: string) => void): Promise<ComposeReport> {
  const results: ComposeReport['results'] = [];
  const stages: ComposeReport['stages'] = [];
  for (const items of sizes) {
    log(`${items.toLocaleString('en')} games …`);
    const inputs = drawRankingInputs(items, PLAYERS);
    for (const what of ['page', 'list'] as const) {
      const times = await timeAnswers((answer) => COMPOSED[what](withNewScores(inputs[answer % PLAYERS]!)));
      results.push({ items, what, p50Ms: median(times), p99Ms: takePercentile(times, 0.99) });
    }
    // Last, since sampling slows composing down.
    const compose = (page: number) => COMPOSED.page(withNewScores(inputs[page % PLAYERS]!));
    stages.push({ items, stages: await measureStages(ANSWERS, compose) });
  }
  return { results, stages };
}

/** Each answer has scores of its own, whose order is part of composing. */
const withNewScores = (input: RankingInput): RankingInput => ({
  ...input,
  modelScores: input.modelScores && { ...input.modelScores },
});

/** Milliseconds of each answer but the first, which warm up. */
async function timeAnswers(compose: (answer: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let answer = 0; answer < WARM_UPS + ANSWERS; answer++) {
    const from = performance.now();
    await compose(answer);
    if (answer >= WARM_UPS) times.push(performance.now() - from);
  }
  return times;
}

export function formatCompose({ results, stages }: ComposeReport): string {
  const lines = results.map(({ items, what, p50Ms, p99Ms }) => {
    const target = what === 'page' ? TARGETS_MS[items] : undefined;
    const verdict = target === undefined ? '' : `   ${p50Ms <= target ? 'within' : 'above'} ${target}`;
    const cells = [
      items.toLocaleString('en').padStart(9),
      what,
      p50Ms.toFixed(2).padStart(8),
      p99Ms.toFixed(2).padStart(8),
    ];
    return `${cells.join('  ')}${verdict}`;
  });
  const parts = stages.map((one) => formatStages(one)).join('\n\n');
  return `${['    games  what    p50 ms    p99 ms   target', ...lines].join('\n')}\n\n${parts}`;
}

function formatStages({ items, stages }: ComposeReport['stages'][number]): string {
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  const lines = stages.map(
    ({ name, ms }) => `${ms.toFixed(3).padStart(8)}  ${`${Math.round((100 * ms) / total)}%`.padStart(4)}  ${name}`,
  );
  return [`where a page’s time goes, ${items.toLocaleString('en')} games, sampled (ms):`, ...lines].join('\n');
}
