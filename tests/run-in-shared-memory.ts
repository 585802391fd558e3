// Runs a model with upstream's onnxruntime-web in Node, which allows its shared memory, for tests that compare with it.

import * as ort from 'onnxruntime-web/wasm';

/**
 * `form`: the file as `model`, the names of its inputs with their dimensions as JSON in `inputs`, and the bytes of each
 * by its name. Item indices are int32, everything else is float32. Returns the only output.
 */
export async function runInSharedMemory(form: FormData): Promise<Float32Array> {
  const bytes = (name: string) => (form.get(name) as unknown as Blob).arrayBuffer();
  const inputs = JSON.parse(form.get('inputs') as string) as Record<string, number[]>;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(new Uint8Array(await bytes('model')), { logSeverityLevel: 3 });
  const feeds: Record<string, ort.Tensor> = {};
  for (const [name, dimensions] of Object.entries(inputs)) {
    const data = await bytes(name);
    feeds[name] = new ort.Tensor(name === 'items' ? new Int32Array(data) : new Float32Array(data), dimensions);
  }
  const [output] = Object.values(await session.run(feeds));
  await session.release();
  return output!.data as Float32Array;
}
