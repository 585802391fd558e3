// Keeps a person's place while the gallery moves under them: the focused control, the row they look at, each row's
// scroll. It animates nothing.

const rowsOnPage = () => document.querySelectorAll<HTMLElement>('[data-row]');
const rowOf = (id: string | undefined) => [...rowsOnPage()].find((row) => row.dataset.row === id);
const cardsOf = (row: HTMLElement | undefined) => [...(row?.querySelectorAll<HTMLElement>('[data-item]') ?? [])];

/** Call before the page changes; what it returns, right after. */
export function holdPlace(): () => void {
  const control = document.activeElement?.closest<HTMLElement>('[data-action]');
  const card = control?.closest<HTMLElement>('[data-item]');
  const row = card?.closest<HTMLElement>('[data-row]');
  const place = cardsOf(row ?? undefined).indexOf(card!);
  // Whoever points with a mouse need not be scrolled to where the focus went.
  const preventScroll = !control?.matches(':focus-visible');
  const top = row?.getBoundingClientRect().top;
  const scrolls = new Map([...rowsOnPage()].map((one) => [one.dataset.row, shelfOf(one)?.scrollLeft ?? 0]));

  return () => {
    for (const one of rowsOnPage()) {
      const shelf = shelfOf(one);
      shelf?.scrollTo({ left: scrolls.get(one.dataset.row) ?? 0, behavior: 'instant' });
    }
    if (!control || !card || !row || top === undefined) return;
    const rowNow = rowOf(row.dataset.row);
    if (rowNow) window.scrollBy({ top: rowNow.getBoundingClientRect().top - top, behavior: 'instant' });
    // The same game if it is still in the row, or whatever took its place.
    const cards = cardsOf(rowNow);
    const next = cards.find((one) => one.dataset.item === card.dataset.item) ?? cards[place] ?? cards.at(-1);
    const target = next?.querySelector<HTMLElement>(`[data-action="${control.dataset.action}"]`);
    (target ?? document.querySelector<HTMLElement>('main'))?.focus({ preventScroll });
  };
}

const shelfOf = (row: HTMLElement) => row.querySelector<HTMLElement>('.shelf');

const STEPS: Record<string, { cards?: number; rows?: number }> = {
  ArrowLeft: { cards: -1 },
  ArrowRight: { cards: 1 },
  ArrowUp: { rows: -1 },
  ArrowDown: { rows: 1 },
};

/** Arrow keys go from a card's control to the same control of the next card, or of the next row. */
export function moveFocus(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const control = (event.target as HTMLElement).closest<HTMLElement>('[data-action]');
  const card = control?.closest<HTMLElement>('[data-item]');
  const row = card?.closest<HTMLElement>('[data-row]');
  if (!step || !control || !card || !row) return;
  const rows = [...rowsOnPage()];
  const next = step.cards
    ? cardsOf(row)[cardsOf(row).indexOf(card) + step.cards]
    : cardsOf(rows[rows.indexOf(row) + step.rows!])[0];
  next?.querySelector<HTMLElement>(`[data-action="${control.dataset.action}"]`)?.focus();
  event.preventDefault();
}
