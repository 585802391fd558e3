// Tests of how the simulator asks questions, on a store that shows one variant better games.

import { expect, test } from 'vitest';
import type { Experiment } from '../../models/contracts/experiment.ts';
import type { Verdict } from '../../models/contracts/experiment-report.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { draftCanary } from '../../models/experiments/canary.ts';
import { sealRelease } from '../../models/release/seal-release.ts';
import { makeExperiment } from '../../tests/experiment.ts';
import { fakeBucket } from '../../tests/fake-bucket.ts';
import { fakeFacts } from '../../tests/fake-release.ts';
import { WORLD_NOW } from '../../tests/world-date.ts';
import { readPointer } from '../../workers/storage/release-pointer.ts';
import { publishRelease, readStoredRelease } from '../../workers/storage/releases.ts';
import type { ExperimentClient, ReportNow } from '../experiments/call.ts';
import type { ReleaseInUse } from '../releases/call.ts';
import { makeGames } from '../world/catalogue.ts';
import { publishUnranked, tryRelease } from './canary.ts';
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
  let inUse = 'r1';
  const releases = {
    startCanary: async (version: string) => {
      running = makeExperiment({ ...draftCanary(version, 0.5, 0), state: 'running' });
      return running.experimentId;
    },
    readInUse: async () => ({ version: inUse }) as ReleaseInUse,
  };
  const activate = (version: string) => {
    inUse = version;
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
  return { store, experiments, releases, activate, stopped };
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

test('players meet a canary until it is taken back; that it came into use is an error', async () => {
  const { store, experiments, releases, activate } = openFakes(['open', 'harmful']);
  const canary = await tryRelease({ ...plan, store, experiments, releases }, 'r2');
  expect(canary).toMatchObject({ experimentId: 'canary-r2', verdict: 'harmful', players: 2 * GROUP });
  const watch = async () => activate('r2');
  await expect(tryRelease({ ...plan, store, experiments, releases, watch }, 'r2')).rejects.toThrow('r2 is in use');
});

test('a release without its ranking model names the same files, and is not in use', async () => {
  const { bucket } = fakeBucket();
  expect(await publishUnranked(bucket, WORLD_NOW)).toBeUndefined();
  const files = await sealRelease(fakeFacts('r1'), {
    model: new Uint8Array(1),
    itemIds: ['a', 'b'],
    neighbours: { items: 2, perItem: 1, neighbours: Int32Array.of(1, 0), weights: Float32Array.of(1, 1) },
  });
  Object.assign(files.manifest, { ranking: { trees: 100 } });
  await publishRelease(bucket, files, undefined, WORLD_NOW);
  const version = (await publishUnranked(bucket, WORLD_NOW))!;
  const { model, vocabulary } = files.manifest;
  expect(await readStoredRelease({ BUCKET: bucket }, version)).toMatchObject({
    manifest: { version, model, vocabulary, ranking: null },
  });
  expect(await readPointer(bucket)).toMatchObject({ version: 'r1' });
});
