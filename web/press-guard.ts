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
/** Set while the pointer has not moved since the gallery changed under it: the item that the player aims at. */
let aim: { at: Point; itemId: string | undefined; until: number } | undefined;

const itemAt = ({ x, y }: Point) => document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-item]')?.dataset.item;

/** Call before the gallery changes; call what it returns right after. */
export function rememberAim(): () => void {
  if (pointer === undefined) return () => {};
  const at = pointer;
  // After two changes in a row the player still aims at the item from before the first.
  const itemId = aim !== undefined && performance.now() < aim.until ? aim.itemId : itemAt(at);
  return () => {
    aim = { at, itemId, until: performance.now() + SETTLE_MS };
  };
}

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
  const hasMoved = aim !== undefined && performance.now() < aim.until && aim.itemId !== card.dataset.item;
  if (event.detail === 1 && !hasMoved) return;
  event.stopPropagation();
  event.preventDefault();
}
