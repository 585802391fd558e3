import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { encodeHistories } from '../../models/features/history.ts';
import { createOrtScorer } from './ort.ts';
import { RefusedModelError } from './scorer.ts';

const { TRAINER } = env as unknown as { TRAINER: Fetcher };
/** A neighbour table of about 4 MB, as large as they get. */
const ITEMS = 8_000;
const SWAPS = 5;

const readModel = async (kind: string, items: number): Promise<Uint8Array> =>
  new Uint8Array(await (await TRAINER.fetch(`http://trainer/models/${kind}?items=${items}`)).arrayBuffer());

const history = Array.from({ length: 20 }, (_, age) => ({ itemId: `g${age * 7}`, weight: 1, ageDays: age }));
const encoded = encodeHistories([history], new Map(history.map(({ itemId }, age) => [itemId, age * 7])));

it('refuses a file that is not protobuf, even the first, since no other engine could read it', async () => {
  await expect(createOrtScorer(Uint8Array.of(0x3b))).rejects.toThrow(RefusedModelError);
});

it('opens sessions at the same time, each with the constants of its own model', async () => {
  const files = await Promise.all(['transitions', 'content', 'sasrec'].map((kind) => readModel(kind, 300)));
  const alone: Float32Array[] = [];
  for (const file of files) {
    const scorer = await createOrtScorer(file);
    alone.push(await scorer.score(encoded));
    await scorer.release();
  }
  const together = await Promise.all(files.map(createOrtScorer));
  for (const [at, scorer] of together.entries()) {
    expect(await scorer.score(encoded)).toEqual(alone[at]);
    await scorer.release();
  }
  // A refused file holds up no other.
  const [refused, opened] = await Promise.allSettled([new Uint8Array(100), files[0]!].map(createOrtScorer));
  expect(refused).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('refuses the model') },
  });
  expect(opened).toMatchObject({ status: 'fulfilled' });
});

it('needs memory for one more model during a swap, when two are open, not for three copies', async () => {
  const file = await readModel('transitions', ITEMS);
  expect(file.length).toBeGreaterThan(3.5e6);
  let scorer = await createOrtScorer(file);
  const bytes = scorer.memoryBytes();
  const scores = await scorer.score(encoded);
  for (let swap = 0; swap < SWAPS; swap++) {
    const next = await createOrtScorer(file);
    await scorer.release();
    scorer = next;
    expect(await scorer.score(encoded)).toEqual(scores);
  }
  expect(scorer.memoryBytes() - bytes).toBeLessThan(file.length);
});
