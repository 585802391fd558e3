// An opening that was cut off. A file of its own: onnxruntime does not start in this isolate any more.

import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { createOrtScorer, OPENED_WITHIN_MS } from './ort.ts';
import { RefusedModelError } from './scorer.ts';

const { TRAINER } = env as unknown as { TRAINER: Fetcher };

it('does not wait for ever for an opening that was cut off', async () => {
  const model = new Uint8Array(
    await (await TRAINER.fetch('http://trainer/models/transitions?items=300')).arrayBuffer(),
  );
  const { setTimeout } = globalThis;
  // Timers end with their request.
  let isCutOff = true;
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms: number) => {
    if (ms !== OPENED_WITHIN_MS) return setTimeout(run, ms);
    return isCutOff ? undefined : setTimeout(run, 0);
  }) as typeof setTimeout);
  const cutOff = vi.spyOn(WebAssembly, 'instantiate').mockReturnValue(new Promise<never>(() => {}));
  void createOrtScorer(model);
  await expect.poll(() => cutOff.mock.calls.length).toBe(1);
  isCutOff = false;
  // Not because of the model: the plain scorer takes over.
  const error: unknown = await createOrtScorer(model).catch((reason) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(RefusedModelError);
});
