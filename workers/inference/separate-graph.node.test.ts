import { expect, test } from 'vitest';
import { encodeRetrievalModel } from '../../models/algorithms/algorithm.ts';
import { readFields } from '../../models/contracts/protobuf.ts';
import { drawModels } from '../../scripts/bench/random-models.ts';
import { ENTRY_VALUE, GRAPH_INITIALIZER, MODEL_GRAPH, TENSOR_EXTERNAL_DATA, TENSOR_RAW_DATA } from './onnx-fields.ts';
import { separateGraph } from './separate-graph.ts';

const list = (message: Uint8Array, wanted: number): Uint8Array[] =>
  Array.from(readFields(message))
    .filter(({ number }) => number === wanted)
    .map(({ value }) => value as Uint8Array);

const listTensors = (file: Uint8Array): Uint8Array[] => list(list(file, MODEL_GRAPH)[0]!, GRAPH_INITIALIZER);

/** All fields of a message except one kind, as bytes. */
const listOthers = (message: Uint8Array, left: number): Uint8Array[] =>
  Array.from(readFields(message))
    .filter(({ number }) => number !== left)
    .map(({ bytes }) => Uint8Array.from(bytes));

test('replaces each large constant with its position in the file, and leaves all else as it is', () => {
  let separated = 0;
  for (const model of drawModels(600)) {
    const { bytes } = encodeRetrievalModel(model);
    // As if the file were part of a larger buffer.
    const file = Uint8Array.from([0, 0, 0, ...bytes]).subarray(3);
    const graph = separateGraph(file, 'the file');
    expect(listOthers(graph, MODEL_GRAPH)).toEqual(listOthers(file, MODEL_GRAPH));
    const [before, after] = [list(file, MODEL_GRAPH)[0]!, list(graph, MODEL_GRAPH)[0]!];
    expect(listOthers(after, GRAPH_INITIALIZER)).toEqual(listOthers(before, GRAPH_INITIALIZER));
    const tensors = listTensors(graph);
    for (const [at, tensor] of listTensors(file).entries()) {
      const [data] = list(tensor, TENSOR_RAW_DATA);
      const entries = list(tensors[at]!, TENSOR_EXTERNAL_DATA).map(
        (entry) => `${Buffer.from(list(entry, ENTRY_VALUE)[0]!)}`,
      );
      if (entries.length === 0) {
        expect(Buffer.from(tensors[at]!).equals(tensor)).toBe(true);
        expect(data!.length).toBeLessThan(16_384);
        continue;
      }
      separated++;
      const [location, offset, length] = entries as [string, string, string];
      expect(location).toBe('the file');
      expect(Buffer.from(file.subarray(+offset, +offset + +length)).equals(data!)).toBe(true);
      expect(list(tensors[at]!, TENSOR_RAW_DATA)).toEqual([]);
    }
  }
  expect(separated).toBeGreaterThan(10);
});

test('refuses what is not protobuf, and what was cut off', () => {
  expect(() => separateGraph(Uint8Array.of(0x3b), 'file')).toThrow('wire type 3');
  for (const file of ['3a80', '3a0208', '0d010203', '0901'])
    expect(() => separateGraph(Buffer.from(file, 'hex'), 'file')).toThrow('cut off');
});
