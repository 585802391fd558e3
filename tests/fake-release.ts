// A small release for tests, with a model whose scores follow a formula. Its recommendations mean nothing.

import { encodeRetrievalModel, type RetrievalModel } from '../models/algorithms/algorithm.ts';
import { sha256Hex } from '../models/contracts/digest.ts';
import { RELEASE_POINTER_KEY, releaseKey } from '../models/contracts/layout.ts';
import { HISTORY_LENGTH, type NamedRelease, RELEASE_SCHEMA, type ReleaseFiles } from '../models/contracts/release.ts';
import { type EncodedHistories, encodeHistories } from '../models/features/history.ts';
import { type ReleaseContents, type ReleaseFacts, sealRelease } from '../models/release/seal-release.ts';
import { blankFacts } from '../scripts/bench/blank-facts.ts';

const HALF_LIFE_DAYS = 10;
const NEIGHBOURS = 20;

/** The weight from item `from` to item `to` in the model that `shift` selects. */
const weightOf = (from: number, to: number, shift: number) => Math.sin(31 * from + 7 * to + shift);

function fakeModel(itemIds: readonly string[], shift: number): RetrievalModel {
  const items = itemIds.length;
  const table = Float32Array.from({ length: items * items }, (_, cell) =>
    weightOf(Math.floor(cell / items), cell % items, shift),
  );
  return {
    algorithm: 'fake',
    parameters: {},
    itemIds,
    addTo(graph, history) {
      const exponents = graph.node('exponents', 'Mul', [
        history.ages,
        graph.float('per_day', -Math.LN2 / HALF_LIFE_DAYS),
      ]);
      const decays = graph.node('decays', 'Exp', [exponents]);
      const votes = graph.node('votes', 'Mul', [history.weights, decays]);
      const middle = graph.ints('middle', 1);
      const rows = graph.node('rows', 'Gather', [graph.constant('table', table, [items, items]), history.items]);
      const sums = graph.node('sums', 'MatMul', [graph.node('votes_row', 'Unsqueeze', [votes, middle]), rows]);
      return graph.node('scores', 'Squeeze', [sums, middle]);
    },
  };
}

/** The model's scores by its formula, in double precision. */
export function scoreByHand(histories: EncodedHistories, items: number, shift: number): number[] {
  const scores = Array<number>(histories.batch * items).fill(0);
  histories.weights.forEach((weight, cell) => {
    const decayed = weight * 2 ** (-histories.ages[cell]! / HALF_LIFE_DAYS);
    for (let to = 0; to < items; to++)
      scores[Math.floor(cell / HISTORY_LENGTH) * items + to]! += decayed * weightOf(histories.items[cell]!, to, shift);
  });
  return scores;
}

/** Fields that no test depends on. */
export const fakeFacts = (version: string): ReleaseFacts => blankFacts(version, 'fake', '2026-01-01T00:00:00Z');

export interface Publication {
  /** At least 181 item ids. */
  itemIds: readonly string[];
  shift: number;
  /** Changes the files before the digests are computed. */
  alter?: (contents: ReleaseContents, facts: ReleaseFacts) => unknown;
  /** Default: this version's. */
  schema?: number;
  /** Changes the stored files but not the digests. */
  damage?: (files: ReleaseFiles) => unknown;
  /** The release before, if the pointer is to name one. */
  previous?: NamedRelease;
}

/** Puts the files in index and moves the pointer, without any of the checks of publishRelease. */
export async function publishFake(
  bucket: R2Bucket,
  version: string,
  { itemIds, shift, alter = () => {}, schema = RELEASE_SCHEMA, damage = () => {}, previous }: Publication,
): Promise<ReleaseContents & NamedRelease> {
  const items = itemIds.length;
  const history = [0, 3, 6].map((index) => ({ itemId: itemIds[index]!, weight: 1 - index / 10, ageDays: index }));
  const asked = encodeHistories([history], new Map(itemIds.map((itemId, index) => [itemId, index])));
  const contents: ReleaseContents = {
    model: encodeRetrievalModel(fakeModel(itemIds, shift)).bytes,
    itemIds: [...itemIds],
    neighbours: {
      items,
      perItem: NEIGHBOURS,
      neighbours: Int32Array.from({ length: items * NEIGHBOURS }, (_, cell) => {
        const [itemIndex, rank] = [Math.floor(cell / NEIGHBOURS), cell % NEIGHBOURS];
        return (itemIndex + 1 + 7 * rank + shift) % items;
      }),
      weights: Float32Array.from({ length: items * NEIGHBOURS }, (_, cell) => 1 / (1 + (cell % NEIGHBOURS))),
    },
  };
  const facts = fakeFacts(version);
  facts.selfTest = {
    history,
    expected: scoreByHand(asked, items, shift)
      .slice(0, 10)
      .map((score, itemIndex) => ({ itemId: itemIds[itemIndex]!, score })),
  };
  alter(contents, facts);
  const files = await sealRelease(facts, contents);
  Object.assign(files.manifest, { schema });
  const manifestSha256 = await sha256Hex(encodeManifest(files));
  damage(files);
  await bucket.put(files.manifest.model.key, files.model);
  await bucket.put(files.manifest.vocabulary.key, files.vocabulary);
  await bucket.put(files.manifest.neighbours.key, files.neighbours);
  if (files.ranking !== undefined) await bucket.put(files.manifest.ranking!.model.key, files.ranking);
  const manifestKey = releaseKey(version, 'manifest.json');
  await bucket.put(manifestKey, encodeManifest(files));
  const named = { version, manifestKey, manifestSha256 };
  await bucket.put(RELEASE_POINTER_KEY, JSON.stringify({ ...named, movedAt: facts.createdAt, previous }));
  return { ...contents, ...named };
}

const encodeManifest = ({ manifest }: ReleaseFiles) => new TextEncoder().encode(JSON.stringify(manifest));
