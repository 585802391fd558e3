// Measures a training step of sasrec against the same step in PyTorch: same weights, batches and threads. Equal losses
// without dropout, step by step, prove that both compute the same.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createShape, SASREC_DEFAULTS, type SasrecOptions } from '../../models/algorithms/sasrec/options.ts';
import { CLIP_NORM, openSasrecTraining, WARM_UP_STEPS } from '../../models/algorithms/sasrec/training.ts';
import type { TransformerShape } from '../../models/algorithms/sasrec/transformer.ts';
import { createRandom } from '../../models/data/random.ts';
import { type PackedRows, packEpoch } from '../../models/data/windows.ts';
import type { Parameters } from '../../models/gradient/step.ts';
import { drawSequences, joinSequences } from './draw-sequences.ts';
import { startPython } from './python.ts';
import { compareRounds, median, type Ratio, timeInTurns } from './rounds.ts';

const SEED = 1;
const BATCHES = 8;
/** Enough to fill the last batch. */
const SEQUENCES_PER_ROW = 6;
/** More than the bench runs: the learning rate must not reach 0. */
const STEPS = 10_000;
const CHECKED_STEPS = 20;
const LOSS_TOLERANCE = 1e-4;
const ROUNDS = 9;
const STEPS_PER_TURN = 5;

/**
 * Policies by which OpenMP's threads wait for work. Which is faster depends on the BLAS: its own threads, if it has
 * any, lose cores to spinning ones.
 */
const WAIT_POLICIES = ['passive', 'active'] as const;
type WaitPolicy = (typeof WAIT_POLICIES)[number];

export interface StepComparison {
  items: number;
  /** Milliseconds of a step; medians over the rounds. */
  oursMs: number;
  baselineMs: Record<WaitPolicy, number>;
  /** The faster of the two; `ratio` is to its time. */
  baselineWaits: WaitPolicy;
  ratio: Ratio;
  /** At step CHECKED_STEPS, without dropout. */
  losses: { ours: number; baseline: number };
}

/** `folder`: empty, for files that both sides read. Throws if the losses differ. */
export async function compareSteps(
  { python, items, threads, folder }: { python: string; items: number; threads: number; folder: string },
  log: (message: string) => void,
): Promise<StepComparison> {
  const shape = createShape(SASREC_DEFAULTS, items);
  const batches = drawBatches(shape);
  const ours = await openOurs(SASREC_DEFAULTS, shape, batches, threads);
  describeStep(folder, shape, ours.weights(), batches, threads);
  const [passive, active] = WAIT_POLICIES.map((policy) => {
    const { ask, end } = startPython(python, 'pytorch_step.py', [folder], threads, { OMP_WAIT_POLICY: policy });
    return { run: (steps: number, { dropout } = SASREC_DEFAULTS) => ask<Run>({ dropout, steps }), end };
  }) as [Baseline, Baseline];
  try {
    log(`sasrec, ${items} items: comparing losses …`);
    const losses = await compareLosses(shape, batches, threads, passive);
    const times = await timeInTurns(
      ROUNDS,
      { ours: () => timeStep(ours.run), passive: () => timeStep(passive.run), active: () => timeStep(active.run) },
      (round) => log(`sasrec, ${items} items: round ${round} of ${ROUNDS}`),
    );
    const baselineMs = { passive: median(times.passive), active: median(times.active) };
    const baselineWaits = baselineMs.passive <= baselineMs.active ? 'passive' : 'active';
    const ratio = compareRounds(times.ours, times[baselineWaits]);
    return { items, oursMs: median(times.ours), baselineMs, baselineWaits, ratio, losses };
  } finally {
    passive.end();
    active.end();
    await ours.release();
  }
}

interface Baseline {
  run(steps: number, options?: SasrecOptions): Promise<Run>;
  end(): void;
}

/** Milliseconds per step. The first step of a turn does not count: the other sides have filled the caches. */
async function timeStep(run: (steps: number) => Promise<Run>): Promise<number> {
  await run(1);
  return (await run(STEPS_PER_TURN)).ms / STEPS_PER_TURN;
}

async function compareLosses(shape: TransformerShape, batches: PackedRows[], threads: number, baseline: Baseline) {
  const options = { ...SASREC_DEFAULTS, dropout: 0 };
  const training = await openOurs(options, shape, batches, threads);
  const ours = await training.run(CHECKED_STEPS);
  await training.release();
  const theirs = await baseline.run(CHECKED_STEPS, options);
  ours.losses.forEach((loss, step) => {
    if (Math.abs(loss - theirs.losses[step]!) <= LOSS_TOLERANCE) return;
    throw new Error(`the two training steps differ: the losses of step ${step} are ${loss} and ${theirs.losses[step]}`);
  });
  return { ours: ours.losses.at(-1)!, baseline: theirs.losses.at(-1)! };
}

interface Run {
  /** One per step. */
  losses: number[];
  ms: number;
}

function drawBatches(shape: TransformerShape): PackedRows[] {
  const random = createRandom(SEED, 'batches');
  const { rows } = SASREC_DEFAULTS;
  const sequences = joinSequences(drawSequences(BATCHES * rows * SEQUENCES_PER_ROW, shape.items, random));
  return [...packEpoch(sequences, { rows, length: shape.length }, random)].slice(0, BATCHES);
}

async function openOurs(options: SasrecOptions, shape: TransformerShape, batches: PackedRows[], threads: number) {
  const { training, toBatch } = await openSasrecTraining(options, shape, SEED, 'cpu', threads);
  let done = 0;
  return {
    async run(steps: number): Promise<Run> {
      const losses: number[] = [];
      const startedAt = performance.now();
      for (; losses.length < steps; done++)
        losses.push(await training.run(toBatch(batches[done % batches.length]!), STEPS));
      return { losses, ms: performance.now() - startedAt };
    },
    weights: () => training.parameters(),
    release: () => training.release(),
  };
}

function describeStep(
  folder: string,
  shape: TransformerShape,
  weights: Parameters,
  batches: readonly PackedRows[],
  threads: number,
): void {
  const write = (name: string, data: string | Float32Array | Int32Array) =>
    writeFileSync(path.join(folder, name), data);
  Object.values(weights).forEach(({ data }, n) => void write(`weights${n}`, data));
  batches.forEach(({ items, segmentIds, targets }, n) => {
    write(`items${n}`, items);
    write(`segment_ids${n}`, segmentIds);
    write(`targets${n}`, targets);
  });
  const { rows, learningRate, weightDecay } = SASREC_DEFAULTS;
  const dimensions = Object.entries(weights).map(([name, tensor]) => [name, tensor.dimensions]);
  const described = {
    threads,
    rows,
    length: shape.length,
    layers: shape.layers,
    heads: shape.heads,
    batches: batches.length,
    weights: Object.fromEntries(dimensions),
    optimiser: { learningRate, weightDecay, clipNorm: CLIP_NORM, warmUpSteps: WARM_UP_STEPS, steps: STEPS },
  };
  write('step.json', JSON.stringify(described));
}
