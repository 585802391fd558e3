// Runs the ranking model in plain TypeScript if ORT cannot start: the network of models/ranking/network.ts, with the
// constants of its file. The self-test of ranker.ts refuses a file with another network.

import { readFloatConstants } from './model-constants.ts';
import type { Ranker } from './scorer.ts';

/** As in network.ts: standardised features are clipped at this many deviations. */
const DEVIATIONS_MAX = 5;

interface Layer {
  /** [inputs, outputs] */
  weights: Float32Array;
  bias: Float32Array;
}

/** Throws if a constant is missing. */
export function createPlainRanker(file: Uint8Array): Ranker {
  const constants = readFloatConstants(file);
  const take = (name: string): Float32Array => {
    const constant = constants.get(name);
    if (constant === undefined) throw new Error(`the ranking model has no constant “${name}”`);
    return constant;
  };
  const [means, factors] = [take('means'), take('factors')];
  const first = { weights: take('first'), bias: take('firstBias') };
  const second = { weights: take('second'), bias: take('secondBias') };
  const last = { weights: take('last'), bias: take('lastBias') };
  // The linear path from the features has no bias of its own: it starts from the hidden layers' logits.
  const linear = take('linear');
  const predictOne = (features: Float32Array): Float32Array => {
    const scaled = features.map((value, at) => clip((value - means[at]!) * factors[at]!));
    const hidden = applyRelu(multiply(applyRelu(multiply(scaled, first)), second));
    return multiply(scaled, { weights: linear, bias: multiply(hidden, last) }).map(sigmoid);
  };
  return {
    async predict(features, candidates) {
      const width = features.length / candidates;
      const probabilities = new Float32Array(candidates * last.bias.length);
      for (let row = 0; row < candidates; row++)
        probabilities.set(predictOne(features.subarray(row * width, (row + 1) * width)), row * last.bias.length);
      return probabilities;
    },
    async release() {},
  };
}

/** bias + inputs · weights. */
function multiply(inputs: Float32Array, { weights, bias }: Layer): Float32Array {
  const outputs = bias.slice();
  for (let from = 0; from < inputs.length; from++) {
    const input = inputs[from]!;
    if (input === 0) continue;
    for (let to = 0; to < outputs.length; to++) outputs[to]! += input * weights[from * outputs.length + to]!;
  }
  return outputs;
}

const clip = (value: number): number => Math.max(-DEVIATIONS_MAX, Math.min(DEVIATIONS_MAX, value));
const applyRelu = (values: Float32Array): Float32Array => values.map((value) => Math.max(0, value));
const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
