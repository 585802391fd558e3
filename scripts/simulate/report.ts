// The results of the rounds, with intervals, and how far the full policy is ahead.

import { POLICIES, type Policy } from '../../models/contracts/policy.ts';
import type { Tally } from './round.ts';

/** Each figure is a ratio of two sums over the players. */
const FIGURES = {
  clickThrough: { of: ({ clicks }: Tally) => clicks, per: ({ impressions }: Tally) => impressions },
  firstVisitClickThrough: {
    of: ({ firstVisit }: Tally) => firstVisit.clicks,
    per: ({ firstVisit }: Tally) => firstVisit.impressions,
  },
  clicksPerVisit: { of: ({ clicks }: Tally) => clicks, per: ({ visits }: Tally) => visits },
  playsPerVisit: { of: ({ plays }: Tally) => plays, per: ({ visits }: Tally) => visits },
  dismissalsPerVisit: { of: ({ dismissals }: Tally) => dismissals, per: ({ visits }: Tally) => visits },
  regretPerPage: { of: ({ regret }: Tally) => regret, per: ({ pages }: Tally) => pages },
  /** Expected clicks of the pages shown, as a share of those of the best pages. */
  shareOfBest: { of: ({ best, regret }: Tally) => best - regret, per: ({ best }: Tally) => best },
};
export type FigureName = keyof typeof FIGURES;

/** `margin`: half the width of the 95% interval over the sampling of players. */
export interface Figure {
  value: number;
  margin: number;
}
export type Figures = Record<FigureName, Figure>;

export interface RoundReport {
  round: number;
  release: string;
  /** Describes its ranking model; null if the prior ranked. */
  ranking: string | null;
  /** Events of all players before the round: what the models could train on. */
  eventsBefore: number;
  events: number;
  players: number;
  /** Pages with a step that fell back. */
  degradedPages: number;
  policies: Record<Policy, Figures>;
  /** The full policy less the other, player by player. */
  aheadOf: Record<OtherPolicy, Figures>;
}

type OtherPolicy = Exclude<Policy, 'full'>;
const OTHERS = POLICIES.filter((policy) => policy !== 'full');
const mapOthers = (measure: (policy: OtherPolicy) => Figures): RoundReport['aheadOf'] =>
  Object.fromEntries(OTHERS.map((policy) => [policy, measure(policy)])) as RoundReport['aheadOf'];

export function summarise(
  facts: Pick<RoundReport, 'round' | 'release' | 'ranking' | 'eventsBefore'>,
  tallies: Record<Policy, Tally[]>,
): RoundReport {
  const all = Object.values(tallies).flat();
  const measure = (read: (name: FigureName) => Ratio): Figures => {
    const figures = (Object.keys(FIGURES) as FigureName[]).map((name) => {
      const { value, influences } = read(name);
      return [name, { value, margin: STANDARD_ERRORS * standardErrorOf(influences) }];
    });
    return Object.fromEntries(figures) as Figures;
  };
  const ratioOf = (policy: Policy) => (name: FigureName) => {
    const { of, per } = FIGURES[name];
    return divideSums(tallies[policy].map(of), tallies[policy].map(per));
  };
  const of = (policy: Policy) => measure(ratioOf(policy));
  const aheadOf = (policy: Policy) => measure((name) => subtract(ratioOf('full')(name), ratioOf(policy)(name)));
  return {
    ...facts,
    events: all.reduce((sum, { events }) => sum + events, 0),
    players: tallies.full.length,
    degradedPages: all.reduce((sum, { degraded }) => sum + degraded, 0),
    policies: Object.fromEntries(POLICIES.map((policy) => [policy, of(policy)])) as RoundReport['policies'],
    aheadOf: mapOthers(aheadOf),
  };
}

export interface Outcome {
  /** Rounds with a ranking model. */
  rounds: number[];
  /** Number of events before the first of them. */
  eventsBefore: number;
  aheadOf: RoundReport['aheadOf'];
}

/**
 * Averages the lead of the full policy over the rounds with a ranking model; null if there were none. Every round has
 * new players.
 */
export function conclude(reports: readonly RoundReport[]): Outcome | null {
  const withModel = reports.filter(({ ranking }) => ranking !== null);
  const [first] = withModel;
  if (first === undefined) return null;
  const pool = (policy: OtherPolicy): Figures => {
    const figures = (Object.keys(FIGURES) as FigureName[]).map((name): [FigureName, Figure] => {
      const ofRounds = withModel.map(({ aheadOf }) => aheadOf[policy][name]);
      const value = sumOf(ofRounds.map((one) => one.value)) / withModel.length;
      return [name, { value, margin: Math.hypot(...ofRounds.map(({ margin }) => margin)) / withModel.length }];
    });
    return Object.fromEntries(figures) as Figures;
  };
  return {
    rounds: withModel.map(({ round }) => round),
    eventsBefore: first.eventsBefore,
    aheadOf: mapOthers(pool),
  };
}

/** A ratio of sums and each player's influence on it: it varies as the mean of the influences (the delta method). */
interface Ratio {
  value: number;
  influences: number[];
}

function divideSums(dividends: readonly number[], divisors: readonly number[]): Ratio {
  const all = sumOf(divisors);
  if (all === 0) return { value: 0, influences: dividends.map(() => 0) };
  const value = sumOf(dividends) / all;
  const mean = all / divisors.length;
  return { value, influences: dividends.map((dividend, player) => (dividend - value * divisors[player]!) / mean) };
}

/** Subtracts ratios over the same players, so that their common noise cancels out. */
const subtract = (a: Ratio, b: Ratio): Ratio => ({
  value: a.value - b.value,
  influences: a.influences.map((influence, player) => influence - b.influences[player]!),
});

/** Two-sided 95% of a normal distribution. */
const STANDARD_ERRORS = 1.96;

function standardErrorOf(values: readonly number[]): number {
  const mean = sumOf(values) / values.length;
  const squares = sumOf(values.map((value) => (value - mean) ** 2));
  return Math.sqrt(squares / Math.max(1, values.length - 1) / values.length);
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Formats a round for people. */
export function formatRound(report: RoundReport): string {
  const { round, release, ranking, eventsBefore, events, players, policies, aheadOf, degradedPages } = report;
  return [
    `Round ${round}: ${players} players under each policy, after ${count(eventsBefore)} events; ` +
      `release ${release}; ${ranking ?? 'no ranking model yet, the prior ranks'}`,
    TITLES,
    ...POLICIES.toReversed().map((policy) => formatLine(policy, policies[policy])),
    ...formatAhead(aheadOf),
    `${count(events)} events${degradedPages > 0 ? `; on ${count(degradedPages)} pages a step fell back` : ''}`,
  ].join('\n');
}

export function formatOutcome(outcome: Outcome | null): string {
  if (outcome === null) return 'No ranking model was trained: run with more players.';
  const { rounds, eventsBefore, aheadOf } = outcome;
  return [
    `With a ranking model, after ${count(eventsBefore)} events and more, rounds ${rounds.join(', ')} together:`,
    TITLES,
    ...formatAhead(aheadOf),
  ].join('\n');
}

const formatAhead = (aheadOf: RoundReport['aheadOf']): string[] =>
  OTHERS.toReversed().map((policy) => formatLine(`full − ${policy}`, aheadOf[policy], '+'));

/** `plus`: prefix of positive values. */
function formatLine(label: string, figures: Figures, plus = ''): string {
  const cells = COLUMNS.map(({ figure, factor, digits }) => {
    const { value, margin } = figures[figure];
    const sign = value > 0 ? plus : '';
    return `${sign}${(factor * value).toFixed(digits)} ± ${(factor * margin).toFixed(digits)}`.padStart(WIDTH);
  });
  return label.padEnd(LABEL_WIDTH) + cells.join('');
}

const LABEL_WIDTH = 20;
const WIDTH = 22;
const COLUMNS: { title: string; figure: FigureName; factor: number; digits: number }[] = [
  { title: 'click-through %', figure: 'clickThrough', factor: 100, digits: 2 },
  { title: '… on the first visit', figure: 'firstVisitClickThrough', factor: 100, digits: 2 },
  { title: 'plays / visit', figure: 'playsPerVisit', factor: 1, digits: 3 },
  { title: 'regret / page', figure: 'regretPerPage', factor: 1, digits: 2 },
  { title: '% of the best page', figure: 'shareOfBest', factor: 100, digits: 1 },
];

const TITLES = ''.padEnd(LABEL_WIDTH) + COLUMNS.map(({ title }) => title.padStart(WIDTH)).join('');

const count = (n: number) => n.toLocaleString('en');
