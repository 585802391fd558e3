import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { readBounded } from './read-bounded.ts';

const streamOf = (count: number, makeChunk: (index: number) => Uint8Array<ArrayBuffer>) => {
  let index = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => (index < count ? controller.enqueue(makeChunk(index++)) : controller.close()),
    },
    { highWaterMark: 0 },
  );
};
const read = (stream: ReadableStream<Uint8Array>, maxBytes: number) => readBounded(stream.getReader(), maxBytes);

test('joins chunks of any size, up to the limit', async () => {
  const lengths = [0, 1, 4_095, 1, 0, 9_000, 3];
  const whole = Uint8Array.from({ length: 13_100 }, (_, index) => index % 251);
  const starts = lengths.map((_, index) => lengths.slice(0, index).reduce((sum, length) => sum + length, 0));
  const stream = () =>
    streamOf(lengths.length, (index) => whole.slice(starts[index]!, starts[index]! + lengths[index]!));
  expect(await read(stream(), 13_100)).toEqual(whole);
  expect(await read(stream(), 13_099)).toBeUndefined();
  expect(
    await read(
      streamOf(0, () => whole),
      0,
    ),
  ).toEqual(new Uint8Array());
});

test('keeps no chunk, since a chunk of one byte may keep the whole buffer that it was read into', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  // A collection frees buffers in the background; the next one waits for that.
  const collectGarbage = () => {
    gc();
    gc();
  };
  const count = 2_000;
  const bufferBytes = 64 * 1024;
  let heldBytes = 0;
  const stream = streamOf(count, (index) => {
    if (index === count - 1) {
      collectGarbage();
      heldBytes = process.memoryUsage().arrayBuffers - before;
    }
    return new Uint8Array(new ArrayBuffer(bufferBytes), 0, 1).fill(7);
  });
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  expect(await read(stream, count)).toEqual(new Uint8Array(count).fill(7));
  expect(heldBytes).toBeLessThan((count * bufferBytes) / 10);
});
