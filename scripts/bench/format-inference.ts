// Formats the report of the inference bench. Measures nothing.

import type { ModelReport } from './inference.ts';

/** Target for a page's model in workerd, median. */
const TARGET_MS = 5;

/** A line for each model and size of input. */
export function formatInference(reports: readonly ModelReport[]): string {
  const lines = reports.flatMap(({ model, memory, fileMB, memoryMB, freshMs, passes }) =>
    passes.map(({ size, median, least }, line) => {
      const times = [median.workerd, least.workerd, median.node, least.node].map((ms) => ms.toFixed(2));
      const ratio = (median.workerd / median.node).toFixed(1);
      const once =
        line > 0
          ? []
          : [
              freshMs.toFixed(1),
              fileMB.toFixed(1),
              memoryMB > 0 ? memoryMB.toFixed(0) : '–',
              `  ${model}${memory === 'shared' ? ', in shared memory' : ''}`,
            ];
      return [size.toFixed(0), ...times, ratio, ...once].map((cell) => cell.padStart(8)).join('');
    }),
  );
  return `One pass for a history of this size, or of the ranking model over as many candidates; ms, medians and least
(target in workerd: ≤ ${TARGET_MS} ms)
           workerd        node, 1 thread       in a fresh    MB  MB with
    size  median   least  median   least   ratio isolate    file     ORT  model
${lines.join('\n')}`;
}
