// Adds a page of actions to the metrics: joins each to its answer, and writes its counts together with the cursor, so
// that every event counts once, whenever a run dies and however many run.

import {
  ACTION_METRICS,
  type ActionType,
  capValues,
  LABEL_VALUES_MAX,
  locate,
} from '../../models/contracts/action-metrics.ts';
import { type MetricCount, NO_LABEL, type SystemMetric } from '../../models/contracts/system-metrics.ts';
import type { ActionPage, LoggedAction } from './action-log.ts';
import { addMetricRows, toMetricRow } from './metric-counts.ts';
import { portionsOf } from './parameters.ts';
import { readShownAnswers, type ShownAnswer } from './shown-answers.ts';

const SECONDS_PER_MINUTE = 60;
const CAPPED = Object.keys(LABEL_VALUES_MAX);

/** The row up to which a database of the log is counted. */
export const readActionCursor = async (db: D1Database, shard: number): Promise<number> =>
  (await db
    .prepare('select position from metric_cursors where name = ?1')
    .bind(nameCursor(shard))
    .first<number>('position')) ?? 0;

const nameCursor = (shard: number): string => `LOG_${shard}`;

/** Counts a page, unless another run has counted it meanwhile. */
export async function countActions(db: D1Database, shard: number, page: ActionPage): Promise<void> {
  const shown = await readShownAnswers(db, [...new Set(page.actions.map((action) => action.recommendationId))]);
  const counts = sumUp(page.actions.flatMap((action) => listCounts(action, shown.get(action.recommendationId))));
  const capped = await capLabels(db, counts);
  const logged = page.logged.map(
    ({ type, hour, events }): MetricCount => ({
      ...{ hour, metric: 'events-logged', labels: { type }, amount: events },
    }),
  );
  const cursor = `select position from metric_cursors where name = '${nameCursor(shard)}'`;
  const isNew = `coalesce((${cursor}), 0) = ${page.after}`;
  await db.batch([
    addMetricRows(db, [...capped, ...logged].map(toMetricRow), isNew),
    ...Array.from(
      portionsOf(page.items, ({ day, act, itemId }) => [day, act, itemId]),
      ({ json }) =>
        db
          .prepare(
            `insert into acted_items (day, act, item_id) select value->>0, value->>1, value->>2 from json_each(?1)
           where true on conflict do nothing`,
          )
          .bind(json),
    ),
    db
      .prepare(
        `insert into metric_cursors (name, position) select ?1, ?2 where ${isNew}
         on conflict do update set position = excluded.position`,
      )
      .bind(nameCursor(shard), page.last),
  ]);
}

/** An action in each breakdown. */
function listCounts(action: LoggedAction, shown: ShownAnswer | undefined): MetricCount[] {
  const { row, position } = locate(action.position, shown?.rows ?? []);
  const breakdowns: Record<string, string>[] = [
    {},
    { row },
    { position },
    { release: shown?.release ?? NO_LABEL },
    { country: action.country ?? shown?.country ?? NO_LABEL },
    { platform: action.platform ?? shown?.platform ?? NO_LABEL },
    ...(shown?.variants ?? []).map((variant) => ({ variant })),
    ...(action.isHead === null ? [] : [{ popularity: action.isHead === 1 ? 'head' : 'tail' }]),
  ];
  const amounts: [SystemMetric, number][] = [[metricOf(action.type), 1]];
  if (action.type === 'play') amounts.push(['play-time', Math.max(0, action.value ?? 0) * SECONDS_PER_MINUTE]);
  return amounts.flatMap(([metric, amount]) =>
    amount === 0 ? [] : breakdowns.map((labels) => ({ hour: action.hour, metric, labels, amount })),
  );
}

const metricOf = (type: ActionType): SystemMetric => ACTION_METRICS[type];

function sumUp(counts: readonly MetricCount[]): MetricCount[] {
  const sums = new Map<string, MetricCount>();
  for (const count of counts) {
    const key = toMetricRow(count).slice(0, 4).join('\n');
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { ...count });
    else sum.amount += count.amount;
  }
  return [...sums.values()];
}

/** Players and operators choose the values of some labels: each hour tells a bounded number of them apart. */
async function capLabels(db: D1Database, counts: readonly MetricCount[]): Promise<MetricCount[]> {
  const known = await readKnownValues(db, [...new Set(counts.map(({ hour }) => hour))]);
  const groups = Map.groupBy(counts, ({ hour, labels }) => `${hour} ${Object.keys(labels).join()}`);
  return Array.from(groups, ([group, own]) => {
    const label = Object.keys(own[0]!.labels)[0];
    const max = label === undefined ? undefined : LABEL_VALUES_MAX[label];
    if (label === undefined || max === undefined) return own;
    const frequencies = new Map<string, number>();
    for (const { labels, amount } of own)
      frequencies.set(labels[label]!, (frequencies.get(labels[label]!) ?? 0) + amount);
    const cap = capValues(known.get(group) ?? new Set(), frequencies, max);
    return own.map((count) => ({ ...count, labels: { [label]: cap(count.labels[label]!) } }));
  }).flat();
}

/** The values of capped labels that the metrics of actions have in the hours, by hour and label. */
async function readKnownValues(db: D1Database, hours: readonly number[]): Promise<Map<string, Set<string>>> {
  const { results } = await db
    .prepare(
      `select distinct hour || ' ' || breakdown as "group", label_values->>0 as value from metric_counts
       where hour in (select value from json_each(?1)) and metric in (select value from json_each(?2))
         and breakdown in (select value from json_each(?3))`,
    )
    .bind(JSON.stringify(hours), JSON.stringify(Object.values(ACTION_METRICS)), JSON.stringify(CAPPED))
    .all<{ group: string; value: string }>();
  const known = new Map<string, Set<string>>();
  for (const { group, value } of results) known.set(group, (known.get(group) ?? new Set()).add(value));
  return known;
}
