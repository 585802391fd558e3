// Keeps the focus, the row in view and each row's scroll position while the gallery changes. It does not animate.

export const listRows = () => [...document.querySelectorAll<HTMLElement>('[data-row]')];
const findRow = (id: string | undefined) => listRows().find((row) => row.dataset.row === id);
export const cardsOf = (row: HTMLElement | undefined) => [...(row?.querySelectorAll<HTMLElement>('[data-item]') ?? [])];
/** Marks a list of cards that scrolls: asking every list for its position would lay out the rows off the screen. */
export const noteScroll = ({ target }: Event): void => {
  (target as HTMLElement).dataset.scrolled = '';
};
const scrolledLists = () => [...document.querySelectorAll<HTMLElement>('[data-scrolled]')];

/** Call before the page changes; call what it returns right after. */
export function capturePosition(): () => void {
  const control = document.activeElement?.closest<HTMLElement>('[data-action]');
  const card = control?.closest<HTMLElement>('[data-item]');
  const row = card?.closest<HTMLElement>('[data-row]');
  const position = cardsOf(row ?? undefined).indexOf(card!);
  // A mouse user must not be scrolled to the focused element.
  const preventScroll = !control?.matches(':focus-visible');
  const top = row?.getBoundingClientRect().top;
  const scrolls = scrolledLists().map((list) => ({ list, left: list.scrollLeft }));

  return () => {
    for (const { list, left } of scrolls) if (list.scrollLeft !== left) list.scrollTo({ left, behavior: 'instant' });
    if (!control || !card || !row || top === undefined) return;
    const rowNow = findRow(row.dataset.row);
    if (rowNow) window.scrollBy({ top: rowNow.getBoundingClientRect().top - top, behavior: 'instant' });
    // The same game if it is still in the row, or the one that moved into its position.
    const cards = cardsOf(rowNow);
    const next = cards.find((one) => one.dataset.item === card.dataset.item) ?? cards[position] ?? cards.at(-1);
    const target = next?.querySelector<HTMLElement>(`[data-action="${control.dataset.action}"]`);
    (target ?? document.querySelector<HTMLElement>('main'))?.focus({ preventScroll });
  };
}
