// Measures the statistics of experiments on simulated players: false alarms without an effect, how often an effect is
// found, and how many users that takes. Runs no Worker.

import { type Asked, askByInterleaving, askBySplit, type Question } from './experiments/interleave.ts';
import { type Effect, NO_EFFECT, type Population } from './experiments/population.ts';
import { EFFECTS, POPULATIONS, QUESTIONS } from './experiments/populations.ts';
import { LOOKS, type Watched, watchSplit } from './experiments/watch.ts';
import { watchPreference } from './experiments/watch-preference.ts';
import { median } from './rounds.ts';

/** Up to how many users a question is asked. */
const INTERLEAVED_MAX = 20_000;
const SPLIT_MAX = 100_000;

/** Share of the simulations in which it came, and the median of users until then; null if it never came. */
export interface Found {
  share: number;
  users: number | null;
}

export interface SimulationReport {
  name: string;
  simulations: number;
  found: Record<keyof Watched, Found>;
}

export interface ExperimentsReport {
  looks: number;
  falseAlarms: SimulationReport[];
  effects: SimulationReport[];
  /** Shares of interleavings without a better side in which a test ever found one. */
  preferences: { simulations: number; paired: number; sign: number };
  questions: { question: Question; interleaving: Found; split: Found }[];
}

/** `simulations`: without an effect; a fifth as many with each effect. */
export function benchExperiments(simulations: number, log: (message: string) => void): ExperimentsReport {
  const fewer = Math.ceil(simulations / 5);
  const falseAlarms = Object.entries(POPULATIONS).map(([name, population]) => {
    log(`without an effect: ${name}`);
    return simulate(name, population, NO_EFFECT, simulations);
  });
  const effects = Object.entries(EFFECTS).map(([name, effect]) => {
    log(name);
    return simulate(name, POPULATIONS['players arrive all along'], effect, fewer);
  });
  log('interleaving');
  return {
    looks: LOOKS,
    falseAlarms,
    effects,
    preferences: watchPreferences(simulations),
    questions: QUESTIONS.map((question) => askBoth(question, Math.ceil(simulations / 40))),
  };
}

const WATCHED = [
  'fixed',
  'fixedAtLast',
  'byUsers',
  'significant',
  'unadjusted',
  'significantMean',
  'breached',
  'brokenRatio',
] as const satisfies readonly (keyof Watched)[];

export function simulate(name: string, population: Population, effect: Effect, simulations: number): SimulationReport {
  const all = Array.from({ length: simulations }, (_, seed) => watchSplit(population, effect, seed));
  const found = WATCHED.map((way) => [way, summarise(all.map((watched) => watched[way] ?? null))]);
  return { name, simulations, found: Object.fromEntries(found) };
}

function summarise(users: readonly (number | null)[]): Found {
  const found = users.filter((count) => count !== null);
  return { share: found.length / users.length, users: found.length === 0 ? null : median(found) };
}

function watchPreferences(simulations: number): ExperimentsReport['preferences'] {
  const all = Array.from({ length: simulations }, (_, seed) => watchPreference(300, 0.2, seed));
  const shareOf = (way: 'paired' | 'sign') => all.filter((watched) => watched[way]).length / simulations;
  return { simulations, paired: shareOf('paired'), sign: shareOf('sign') };
}

export function askBoth(question: Question, simulations: number): ExperimentsReport['questions'][number] {
  const ask = (by: (question: Question, usersMax: number, seed: number) => Asked, usersMax: number) =>
    Array.from({ length: simulations }, (_, seed) => by(question, usersMax, seed));
  const ofBetter = (asked: readonly Asked[]) =>
    summarise(asked.map(({ users, isBetter }) => (isBetter ? users : null)));
  return {
    question,
    interleaving: ofBetter(ask(askByInterleaving, INTERLEAVED_MAX)),
    split: ofBetter(ask(askBySplit, SPLIT_MAX)),
  };
}
