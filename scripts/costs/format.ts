// Formats the costs as tables for people. Computes nothing.

import type { BillLine } from './bill.ts';
import { EVENTS_PER_PLAYER, EVENTS_PER_REQUEST, PACES } from './load.ts';
import { PERSONALIZE, PLAN_FEE, READ_ON } from './prices.ts';
import type { CostReport, MonthReport } from './report.ts';

const DOLLARS_WIDTH = 12;
const THING_WIDTH = 56;

export function formatCosts({ unitCosts, months, players, items }: CostReport): string {
  const { calm, busy, firstVisit, hourlyPlayer, batchGallery, isolateStart, jobs } = unitCosts;
  const line = (thing: string, ...costs: number[]) =>
    `  ${thing.padEnd(THING_WIDTH)}${costs.map((cost) => dollars(cost).padStart(DOLLARS_WIDTH)).join('')}`;
  return [
    `Measured with ${players} players and ${count(items)} games; list prices of ${READ_ON}.`,
    '',
    `  ${'at list prices, as if the plan included nothing'.padEnd(THING_WIDTH)}${PACES.map((pace) =>
      `${pace} store`.padStart(DOLLARS_WIDTH),
    ).join('')}`,
    line(`a million events, in requests of ${EVENTS_PER_REQUEST}`, calm.event, busy.event),
    line('a million galleries that players request', calm.gallery, busy.gallery),
    line('a million new players: their first gallery and events', firstVisit),
    line('a million galleries that the hourly job composes', batchGallery),
    line('a million looks of that job at players', hourlyPlayer),
    line('a million starts of an isolate', isolateStart),
    line('the other jobs of a month', jobs),
    ...months.flatMap(formatMonth),
    '',
    'The CPU is that of all of workerd, with its stand-ins for D1, R2, queues and objects: an upper bound.',
    `The prices of Personalize are not confirmed: others quoted them from ${PERSONALIZE.source}.`,
  ].join('\n');
}

function formatMonth({ month, bill, personalize }: MonthReport): string[] {
  const beyond = bill.lines.filter(({ cost }) => cost > 0);
  return [
    '',
    `A month of ${count(month.events)} events and ${count(month.galleries)} galleries: ` +
      `${count(month.players)} players with`,
    `${EVENTS_PER_PLAYER} events each, ${count(month.batchGalleries)} galleries by the hourly job:`,
    formatCells('beyond what the plan includes', 'used', 'included', 'cost'),
    ...beyond.map(formatLine),
    formatCells('plan', '', '', dollars(PLAN_FEE)),
    formatCells('total', '', '', dollars(bill.total)),
    formatCells('Amazon Personalize', '', '', dollars(personalize.total)),
    `    ${dollars(personalize.recommendations)} recommendations, ${dollars(personalize.training)} training, ` +
      `${dollars(personalize.ingestion)} ingestion`,
    `  within the plan: ${bill.lines.length - beyond.length} further amounts, which --json prints`,
  ];
}

const formatLine = ({ name, used, unit, included, cost }: BillLine): string =>
  formatCells(name, `${amount(used)} ${unit}`, count(included), dollars(cost));

const formatCells = (name: string, used: string, included: string, cost: string): string =>
  `  ${name.padEnd(32)}${used.padStart(24)}${included.padStart(12)}${cost.padStart(DOLLARS_WIDTH)}`;

const amount = (n: number): string => n.toLocaleString('en', { maximumSignificantDigits: 3 });
const count = (n: number): string => n.toLocaleString('en', { maximumFractionDigits: 1 });
const dollars = (n: number): string =>
  `$${n.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
