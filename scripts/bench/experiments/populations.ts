// The simulated populations and effects of `npm run bench -- experiments` and of its tests.

import { type Effect, NO_EFFECT, type Population } from './population.ts';

const ARRIVING: Population = {
  initial: 100,
  arrivals: 20,
  visits: 0.01,
  share: 0.5,
  clickRate: 0.08,
  dismissalRate: 0.01,
  spread: 0.7,
};

/** By what is said of them. */
export const POPULATIONS = {
  'players arrive all along': ARRIVING,
  '400 players come back': { ...ARRIVING, initial: 400, arrivals: 0, visits: 0.5 },
  '200 players, all alike, come back': { ...ARRIVING, initial: 200, arrivals: 0, visits: 1, spread: 0 },
  'some players do ten times what others do': { ...ARRIVING, spread: 1.5, visits: 0.05 },
  'a canary of 5%, clicks and dismissals rare': { ...ARRIVING, share: 0.05, clickRate: 0.01, dismissalRate: 0.002 },
} as const satisfies Record<string, Population>;

/** Effects on players who arrive all along. */
export const EFFECTS: Readonly<Record<string, Effect>> = {
  'clicks +5%': { ...NO_EFFECT, clicks: 1.05 },
  'clicks +10%': { ...NO_EFFECT, clicks: 1.1 },
  'clicks +20%': { ...NO_EFFECT, clicks: 1.2 },
  'clicks −20%': { ...NO_EFFECT, clicks: 0.8 },
  'dismissals +25%': { ...NO_EFFECT, dismissals: 1.25 },
  'dismissals +50%': { ...NO_EFFECT, dismissals: 1.5 },
  'dismissals ×2': { ...NO_EFFECT, dismissals: 2 },
  'dismissals ×4': { ...NO_EFFECT, dismissals: 4 },
  '5% of the variant’s exposures lost': { ...NO_EFFECT, lost: 0.05 },
  '10% of the variant’s exposures lost': { ...NO_EFFECT, lost: 0.1 },
  '20% of the variant’s exposures lost': { ...NO_EFFECT, lost: 0.2 },
};

/** Noise of the control's ranking and of the variant's. */
export const QUESTIONS = [
  { control: 1, variant: 0.7 },
  { control: 1, variant: 0.8 },
] as const;
