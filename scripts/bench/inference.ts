// Measures one forward pass of each kind of model: inside workerd with the edge's own scorer, and the same file in
// onnxruntime-node on one thread. Weights are random: how well a model ranks is not measured here.

import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { encodeRetrievalModel } from '../../models/algorithms/algorithm.ts';
import { HISTORY_LENGTH } from '../../models/contracts/release.ts';
import { FEATURES } from '../../models/features/ranking.ts';
import type { Question } from './inference-worker.ts';
import { drawModels } from './random-models.ts';
import { drawRanker } from './random-ranker.ts';
import { median, timeByTurns } from './rounds.ts';
import { startWorkerd } from './workerd.ts';

const ITEMS = 20_000;
const HISTORIES = [HISTORY_LENGTH, 10];
/** Of a page with all its rows. */
const CANDIDATES = 400;
/** Between the items of a history: a prime, so that none comes twice. */
const STRIDE = 7_919;
/** What a page can wait for its model, in workerd. */
const AIM_MS = 5;
const ROUNDS = 9;
const PASSES = 100;
/** Of a fresh isolate: enough of them to tell a pass from the request around it. */
const FIRST_PASSES = 20;
/** V8 compiles Wasm quickly at first, and well once it has run often: by then it has. */
const WARM_UP_MS = 5_000;

export interface ModelReport {
  model: string;
  fileMB: number;
  /** Linear memory of ORT with the model in it. */
  memoryMB: number;
  /** A pass in a fresh isolate, the mean of the first, with a full history. */
  freshMs: number;
  passes: PassTimes[];
}

/** Milliseconds of one pass, batch 1, over the rounds. */
export interface PassTimes {
  /** Items in the history, or candidates. */
  size: number;
  median: Engines;
  least: Engines;
}

interface Engines {
  workerd: number;
  /** onnxruntime-node on one thread. */
  node: number;
}

export async function benchInference(say: (message: string) => void): Promise<ModelReport[]> {
  const reports: ModelReport[] = [];
  for (const model of drawModels(ITEMS)) {
    const name = model.parameters.of === undefined ? model.algorithm : `blend of ${model.parameters.of}`;
    say(`${name} …`);
    reports.push({ model: name, ...(await measure(encodeRetrievalModel(model).bytes, RETRIEVAL)) });
  }
  say('ranking …');
  reports.push({ model: 'ranking', ...(await measure((await drawRanker()).model, RANKING)) });
  return reports;
}

/** A line for each model and length of history. */
export function formatInference(reports: readonly ModelReport[]): string {
  const lines = reports.flatMap(({ model, fileMB, memoryMB, freshMs, passes }) =>
    passes.map(({ size, median, least }, line) => {
      const times = [median.workerd, least.workerd, median.node, least.node].map((ms) => ms.toFixed(2));
      const ratio = (median.workerd / median.node).toFixed(1);
      const once =
        line > 0 ? [] : [freshMs.toFixed(1), fileMB.toFixed(1), memoryMB > 0 ? memoryMB.toFixed(0) : '–', `  ${model}`];
      return [size.toFixed(0), ...times, ratio, ...once].map((cell) => cell.padStart(8)).join('');
    }),
  );
  return `One pass over ${ITEMS} items for a history of this size, or of the ranking model over as many candidates; ms, in workerd ≤ ${AIM_MS} wanted: medians and least of ${ROUNDS} rounds
           workerd        node, 1 thread       in a fresh    MB  MB with
    size  median   least  median   least   ratio isolate    file     ORT  model
${lines.join('\n')}`;
}

/** How a kind of model is asked, in workerd and in Node. */
interface Kind {
  path: string;
  /** The largest first. */
  sizes: readonly number[];
  ask(size: number, passes: number): Question;
  feed(size: number): Record<string, ort.Tensor>;
}

const RETRIEVAL: Kind = {
  path: '/retrieval',
  sizes: HISTORIES,
  ask: (length, passes) => ({ ...makeHistory(length), passes }),
  feed(length) {
    const { items, weights, ages } = makeHistory(length);
    const shape = [1, HISTORY_LENGTH];
    return {
      items: new ort.Tensor('int32', Int32Array.from(items), shape),
      weights: new ort.Tensor('float32', Float32Array.from(weights), shape),
      ages: new ort.Tensor('float32', Float32Array.from(ages), shape),
    };
  },
};

const RANKING: Kind = {
  path: '/ranking',
  sizes: [CANDIDATES],
  ask: (candidates, passes) => ({ candidates, passes }),
  feed: (candidates) => ({
    features: new ort.Tensor('float32', new Float32Array(candidates * FEATURES.length).fill(0.5), [
      candidates,
      FEATURES.length,
    ]),
  }),
};

/** In a workerd of its own: what V8 compiled and ORT reserved for one model must not serve the next. */
async function measure(
  file: Uint8Array,
  { path: pathname, sizes, ask, feed }: Kind,
): Promise<Omit<ModelReport, 'model'>> {
  const workerd = await startWorkerd({
    config: {
      name: 'inference',
      main: path.join(import.meta.dirname, 'inference-worker.ts'),
      compatibility_date: '2026-11-01',
    },
  });
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  try {
    await send(`${workerd.url}${pathname}`, 'PUT', Uint8Array.from(file));
    const timeWorkerd = (size: number, passes: number) =>
      time(() => send(workerd.url, 'POST', JSON.stringify(ask(size, passes))));
    const [largest] = sizes as [number];
    const requestMs = await timeWorkerd(largest, 0);
    const freshMs = ((await timeWorkerd(largest, FIRST_PASSES)) - requestMs) / FIRST_PASSES;

    const passes: PassTimes[] = [];
    for (const size of sizes) {
      const inputs = feed(size);
      const warmUntil = performance.now() + WARM_UP_MS;
      while (performance.now() < warmUntil) await timeWorkerd(size, FIRST_PASSES);
      const times = await timeByTurns(
        ROUNDS,
        {
          request: () => timeWorkerd(size, 0),
          workerd: () => timeWorkerd(size, PASSES),
          node: () => time(() => runNode(session, inputs)),
        },
        () => {},
      );
      // From outside, since workerd's clocks stand still while it computes: less what a request without passes takes.
      const perPass = (pick: typeof median) => ({
        workerd: (pick(times.workerd) - pick(times.request)) / PASSES,
        node: pick(times.node) / PASSES,
      });
      passes.push({ size, median: perPass(median), least: perPass((all) => Math.min(...all)) });
    }
    const { memoryMB } = await send(workerd.url, 'POST', JSON.stringify(ask(largest, 0)));
    return { fileMB: file.length / 1e6, memoryMB, freshMs, passes };
  } finally {
    await session.release();
    await workerd.close();
  }
}

/** Items from all over the vocabulary, padded as encodeHistories pads. */
function makeHistory(length: number) {
  const fill = (value: (place: number) => number) =>
    Array.from({ length: HISTORY_LENGTH }, (_, place) => (place < length ? value(place) : 0));
  return { items: fill((place) => (place * STRIDE) % ITEMS), weights: fill(() => 1), ages: fill((place) => place / 4) };
}

async function runNode(session: ort.InferenceSession, inputs: Record<string, ort.Tensor>): Promise<void> {
  for (let pass = 0; pass < PASSES; pass++) await session.run(inputs);
}

async function send(
  url: string,
  method: string,
  body: Uint8Array<ArrayBuffer> | string,
): Promise<{ memoryMB: number }> {
  const response = await fetch(url, { method, body });
  if (!response.ok) throw new Error(`workerd answers ${response.status}: ${await response.text()}`);
  return (await response.json()) as { memoryMB: number };
}

/** → milliseconds. */
async function time(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}
