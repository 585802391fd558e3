// Arrow keys move the focus from a card's control to the same control of the next card, or of the next row.

import { cardsOf } from './position.ts';

const STEPS: Record<string, { cards?: number; rows?: number }> = {
  ArrowLeft: { cards: -1 },
  ArrowRight: { cards: 1 },
  ArrowUp: { rows: -1 },
  ArrowDown: { rows: 1 },
};

export function moveFocus(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const control = (event.target as HTMLElement).closest<HTMLElement>('[data-action]');
  const card = control?.closest<HTMLElement>('[data-item]');
  const row = card?.closest<HTMLElement>('[data-row]');
  if (!step || !control || !card || !row) return;
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const next = step.cards
    ? cardsOf(row)[cardsOf(row).indexOf(card) + step.cards]
    : cardsOf(rows[rows.indexOf(row) + step.rows!])[0];
  next?.querySelector<HTMLElement>(`[data-action="${control.dataset.action}"]`)?.focus();
  event.preventDefault();
}
