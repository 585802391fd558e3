// Animates changes (FLIP): a card glides from its old position to its new one, a new card fades in. Nothing is animated
// for users who prefer reduced motion.

const GLIDE_MS = 420;
const APPEAR_MS = 320;
const EASING = 'cubic-bezier(.2, .8, .2, 1)';

const keyOf = (card: HTMLElement) => `${card.closest<HTMLElement>('[data-row]')?.dataset.row}\n${card.dataset.item}`;
/** Reads only rows in view: most are further down, and each rectangle is expensive. */
const listCards = () =>
  [...document.querySelectorAll<HTMLElement>('[data-row]')]
    .filter((row) => isInView(row.getBoundingClientRect()))
    .flatMap((row) => [...row.querySelectorAll<HTMLElement>('[data-item]')]);
const isInView = ({ top, bottom, left, right }: DOMRect) =>
  bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;

/** Call before the page changes; call what it returns right after. */
export function captureCards(): () => void {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) return () => {};
  const before = new Map(listCards().map((card) => [keyOf(card), card.getBoundingClientRect()]));
  return () => {
    // All rectangles are read before the first animation starts; otherwise each would force a new layout.
    const moves = listCards().map((card) => ({
      card,
      from: before.get(keyOf(card)),
      to: card.getBoundingClientRect(),
    }));
    for (const { card, from, to } of moves) {
      if (!isInView(to) && !(from && isInView(from))) continue;
      if (!from) card.animate({ opacity: [0, 1], scale: [0.94, 1] }, { duration: APPEAR_MS, easing: EASING });
      else if (from.left !== to.left || from.top !== to.top)
        card.animate(
          { translate: [`${from.left - to.left}px ${from.top - to.top}px`, '0 0'] },
          { duration: GLIDE_MS, easing: EASING },
        );
    }
  };
}
