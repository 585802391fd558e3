// Prices what was measured: each thing by itself, and whole months. Pure arithmetic.

import { type Bill, billMonth, priceUsage } from './bill.ts';
import { addUpMonth, type Load, type Measured, type Month, type Pace, planMonth, type Traffic } from './load.ts';
import { billPersonalize, type PersonalizeBill } from './personalize.ts';
import { READ_ON } from './prices.ts';
import { scaleUsage, type Usage } from './usage.ts';

const MILLION = 1e6;
const LOADS: readonly Load[] = [
  { events: MILLION, galleries: MILLION },
  { events: 100 * MILLION, galleries: 100 * MILLION },
];

export interface MonthReport {
  month: Month;
  bill: Bill;
  personalize: PersonalizeBill;
}
/** For a million of each; `jobs`: for a month. */
export interface UnitCosts extends Record<Pace, Record<keyof Traffic, number>> {
  firstVisit: number;
  hourlyPlayer: number;
  batchGallery: number;
  isolateStart: number;
  jobs: number;
}
export interface CostReport {
  /** The day of the list prices. */
  pricesReadOn: string;
  players: number;
  items: number;
  /** Use of one of each; of `jobs`, of a month. */
  measured: Measured;
  /** Dollars as if the plan included nothing. */
  unitCosts: UnitCosts;
  months: readonly MonthReport[];
}

export function reportCosts(measured: Measured, players: number, items: number): CostReport {
  const priceMillion = (usage: Usage) => priceUsage(scaleUsage(usage, MILLION));
  const priceTraffic = ({ event, gallery }: Traffic) => ({
    event: priceMillion(event),
    gallery: priceMillion(gallery),
  });
  return {
    pricesReadOn: READ_ON,
    players,
    items,
    measured,
    unitCosts: {
      calm: priceTraffic(measured.calm),
      busy: priceTraffic(measured.busy),
      firstVisit: priceMillion(measured.firstVisit),
      hourlyPlayer: priceMillion(measured.hourlyPlayer),
      batchGallery: priceMillion(measured.batchGallery),
      isolateStart: priceMillion(measured.isolateStart),
      jobs: priceUsage(measured.jobs),
    },
    months: LOADS.map((load) => {
      const month = planMonth(load);
      return { month, bill: billMonth(addUpMonth(measured, month)), personalize: billPersonalize(load) };
    }),
  };
}
