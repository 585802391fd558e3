// Tests of how the simulator asks questions, on a store that shows one variant better games.

import { expect, test } from 'vitest';
import type { Experiment } from '../../models/contracts/experiment.ts';
import type { Verdict } from '../../models/contracts/experiment-report.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { makeExperiment } from '../../tests/experiment-reports.ts';
import { WORLD_NOW } from '../../tests/world-date.ts';
import type { ExperimentClient, ReportNow } from '../experiments/call.ts';
import { makeGames } from '../world/catalogue.ts';
import { askQuestions, GROUP } from './experiments.ts';
import { formatExperiments } from './format-experiments.ts';
import type { Store } from './store.ts';

const games = makeGames(1, WORLD_NOW);
const best = games.toSorted((a, b) => b.appeal - a.appeal);

/** A store that assigns by turns: the control's players see the least appealing games. */
function openFakes(verdicts: readonly Verdict[]) {
  const stored = new Map<string, Experiment>();
  const variantOf = new Map<string, string>();
  const stopped: string[] = [];
  let running: Experiment | undefined;
  let reports = 0;
  const store: Store = {
    readRelease: async () => null,
    async readGallery(userId) {
      const { experimentId, variants } = running!;
      if (!variantOf.has(userId)) variantOf.set(userId, variants[variantOf.size % 2]!.id);
      const variant = variantOf.get(userId)!;
      const shown = variant === 'control' ? best.toReversed() : best;
      const items = shown.slice(0, 60).map(({ item }) => ({ itemId: item.itemId, score: 1, reason: '' }));
      const rows = [0, 12, 24, 36].map((from) => ({
        ...{ id: `${from}`, title: '', reason: '' },
        items: items.slice(from),
      }));
      return {
        recommendationId: 'r',
        degraded: [],
        rows,
        experiments: [{ experimentId, variant }],
      } as unknown as Gallery;
    },
    sendEvents: async () => {},
  };
  const experiments = {
    async put(experimentId: string, fields: object) {
      stored.set(experimentId, makeExperiment({ experimentId, ...fields }));
    },
    async start(experimentId: string) {
      running = stored.get(experimentId)!;
    },
    async stop(experimentId: string) {
      stopped.push(experimentId);
    },
    read: async () => running!,
    async readReport() {
      return { verdicts: [{ variant: 'v', verdict: verdicts[reports++ % verdicts.length]! }] } as ReportNow;
    },
  } as unknown as ExperimentClient;
  return { store, experiments, stopped };
}

const plan = {
  games,
  gameOf: new Map(games.map((game) => [game.item.itemId, game])),
  ...{ seed: 1, round: 1, visits: 1, now: WORLD_NOW, playersMax: 3 * GROUP, settleMs: 0 },
  watch: async () => {},
  onProgress: () => {},
};

test('players come until there is an answer, and clicks are compared with the control’s', async () => {
  const { store, experiments, stopped } = openFakes(['open', 'better']);
  const outcomes = await askQuestions({ ...plan, store, experiments });
  const [personal, annoying] = outcomes;
  expect(personal).toMatchObject({ experimentId: 'personal', verdict: 'better', players: 2 * GROUP, stoppedBy: null });
  const { control, full } = personal!.variants;
  expect(control!.players + full!.players).toBe(2 * GROUP);
  expect(personal!.clicksGained).toBeCloseTo(full!.clicks - (full!.visits * control!.clicks) / control!.visits);
  expect(personal!.clicksGained).toBeGreaterThan(0);
  // Only the verdict “harmful” ends it, or the last player.
  expect(annoying).toMatchObject({ players: 3 * GROUP });
  expect(stopped).toEqual(outcomes.map(({ experimentId }) => experimentId));
  const text = formatExperiments(outcomes);
  expect(text).toContain('personal (split): The whole algorithm');
  expect(text).toContain(`better after ${2 * GROUP} players`);
});
