// Stops clicks on a game that has just moved under a resting pointer, and the second click of a double click. It
// changes nothing else.

/** Longer than a double click and than the cards' animation. */
const SETTLE_MS = 600;
/** A resting hand moves the pointer by up to this much. */
const TREMBLE_PX = 6;

interface Point {
  x: number;
  y: number;
}
let pointer: Point | undefined;
/** Set while the pointer has not moved since the gallery changed under it: the item that the player aims at, and until
 * when, on the clock of performance.now().
 */
let aim: { at: Point; itemId: string | undefined; until: number } | undefined;

const itemAt = ({ x, y }: Point) => document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-item]')?.dataset.item;

/** Call before the gallery changes; call what it returns right after. */
export function rememberAim(): () => void {
  if (pointer === undefined) return () => {};
  const at = pointer;
  // After two changes in a row the player still aims at the item from before the first.
  const itemId = aim !== undefined && performance.now() < aim.until ? aim.itemId : itemAt(at);
  return () => {
    const next = { at, itemId, until: Number.POSITIVE_INFINITY };
    aim = next;
    // From when the player can see it: a slow machine draws it late.
    afterNextFrame(() => {
      next.until = performance.now() + SETTLE_MS;
    });
  };
}

const afterNextFrame = (call: () => void) => requestAnimationFrame(() => requestAnimationFrame(call));

export function guardPresses(): void {
  addEventListener('pointermove', (event) => follow(event), { passive: true });
  addEventListener('pointerdown', (event) => follow(event), { passive: true });
  addEventListener('click', stopMisdirected, { capture: true });
}

function follow({ clientX: x, clientY: y }: PointerEvent): void {
  pointer = { x, y };
  if (aim && Math.hypot(x - aim.at.x, y - aim.at.y) > TREMBLE_PX) aim = undefined;
}

function stopMisdirected(event: MouseEvent): void {
  const card = (event.target as Element).closest<HTMLElement>('[data-item]');
  // 0: pressed by keyboard or script.
  if (card === null || event.detail === 0) return;
  const hasMoved = aim !== undefined && event.timeStamp < aim.until && aim.itemId !== card.dataset.item;
  if (event.detail === 1 && !hasMoved) return;
  event.stopPropagation();
  event.preventDefault();
}
