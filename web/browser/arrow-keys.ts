// Arrow keys move the focus from a game's control to the same control of the next game, or of the next row; Home and
// End go to the ends of the row.

import { cardsOf } from './position.ts';

/** 0: Tab stops at this game's controls; -1: only arrow keys and the pointer reach them. */
export type TabStop = 0 | -1;

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: Number.NEGATIVE_INFINITY, End: Infinity };
const ROW_STEPS: Record<string, number> = { ArrowUp: -1, ArrowDown: 1 };

export function moveFocus(event: KeyboardEvent): void {
  const control = (event.target as HTMLElement).closest<HTMLElement>('[data-action]');
  const card = control?.closest<HTMLElement>('[data-item]');
  const row = card?.closest<HTMLElement>('[data-row]');
  if (!control || !card || !row || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = findInRow(row, card, STEPS[event.key]) ?? findInNextRow(row, ROW_STEPS[event.key]);
  if (next === undefined) return;
  next?.querySelector<HTMLElement>(`[data-action="${control.dataset.action}"]`)?.focus();
  event.preventDefault();
}

function findInRow(row: HTMLElement, card: HTMLElement, step: number | undefined): HTMLElement | undefined {
  if (step === undefined) return undefined;
  const cards = cardsOf(row);
  return cards[Math.max(0, Math.min(cards.length - 1, cards.indexOf(card) + step))];
}

/** The game at which Tab would stop. */
function findInNextRow(row: HTMLElement, step: number | undefined): HTMLElement | null | undefined {
  if (step === undefined) return undefined;
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const next = rows[rows.indexOf(row) + step];
  return next?.querySelector('[tabindex="0"]')?.closest<HTMLElement>('[data-item]') ?? null;
}
