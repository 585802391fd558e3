// Reports of every verdict, for tests of their picture.

import type { Experiment, Metric } from '../models/contracts/experiment.ts';
import type { ExperimentReport } from '../models/contracts/experiment-report.ts';
import { createRandom } from '../models/data/random.ts';
import { METRIC_TERMS } from '../models/experiments/metric-terms.ts';
import { addMoments, EMPTY_MOMENTS, momentsOfUser } from '../models/experiments/moments.ts';
import { computeReport } from '../models/experiments/report.ts';
import type { VariantMoments } from '../models/experiments/variant-moments.ts';

/** A report on drawn users. `lift` is by how much the metric is higher in the variant, of 1. */
export function makeReport(
  experiment: Experiment,
  {
    users = 1_500,
    usersOfVariant = users,
    lift = {},
  }: {
    users?: number;
    usersOfVariant?: number;
    lift?: Partial<Record<Metric, number>>;
  } = {},
): ExperimentReport {
  const metrics: Metric[] = ['click-rate', 'plays', 'dismissal-rate', 'empty-rate', 'answer-ms'];
  const moments = metrics.flatMap((metric) =>
    [true, false].flatMap((isNew) => [
      drawMoments(metric, 'control', { isNew, users: users / 2, rate: 0.2 }),
      drawMoments(metric, 'short', { isNew, users: usersOfVariant / 2, rate: 0.2 * (1 + (lift[metric] ?? 0)) }),
    ]),
  );
  const preferences = { users: 400, clicks: 1_100, sum: 70, squares: 240, wins: 210, losses: 130 };
  return computeReport(experiment, moments, experiment.kind === 'interleaving' ? preferences : null);
}

function drawMoments(
  metric: Metric,
  variant: string,
  { isNew, users, rate }: { isNew: boolean; users: number; rate: number },
): VariantMoments {
  const random = createRandom(7, `${metric} ${variant} ${isNew}`);
  const { denominator, hasBefore } = METRIC_TERMS[metric];
  let moments = EMPTY_MOMENTS;
  for (let user = 0; user < users; user++) {
    const habit = 0.5 + random.next();
    const draw = () => Array.from({ length: 20 }, () => Number(random.chance(rate * habit))).reduce((a, b) => a + b);
    const size = denominator === 'users' ? 1 : 20;
    const before = hasBefore ? [isNew ? 0 : draw(), isNew && size > 1 ? 0 : size] : [0, 0];
    moments = addMoments(moments, momentsOfUser([draw(), size, before[0]!, before[1]!], 5));
  }
  return { metric, variant, isNew, moments };
}
