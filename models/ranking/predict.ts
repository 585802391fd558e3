// Runs an encoded ranking model in Node. The edge runs the same file on workers/inference.

import { ACTIONS } from '../contracts/algorithm-settings.ts';
import { FEATURES } from '../features/ranking.ts';
import { openSession } from '../onnx/session.ts';

/** `inputs`: [rows, FEATURES] each; → [rows, ACTIONS] for each. Throws if the file is not a valid model. */
export async function predictProbabilities(
  model: Uint8Array,
  inputs: readonly Float32Array[],
): Promise<Float32Array[]> {
  const session = await openSession(model);
  try {
    const outputs: Float32Array[] = [];
    for (const features of inputs) {
      const rows = features.length / FEATURES.length;
      const data = new Float32Array(rows * ACTIONS.length);
      if (rows > 0)
        await session.run(
          { features: { data: features, dimensions: [rows, FEATURES.length] } },
          { probabilities: { data, dimensions: [rows, ACTIONS.length] } },
        );
      outputs.push(data);
    }
    return outputs;
  } finally {
    await session.release();
  }
}
