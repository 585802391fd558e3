// Stops clicks on a game that has just moved under a resting pointer, and the second click of a double click, on a game
// or on the message's Undo. It changes nothing else.

/** Longer than a double click and than the cards' animation. */
const SETTLE_MS = 600;
/** A resting hand moves the pointer by up to this much. */
const TREMBLE_PX = 6;

interface Point {
  x: number;
  y: number;
}
let pointer: Point | undefined;
/** `at`: on the clock of performance.now(). */
let lastPress: (Point & { at: number }) | undefined;
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
  // 0: pressed by keyboard or script.
  if (event.detail === 0) return;
  if (isAimedElsewhere(event)) stop(event);
  else lastPress = { x: event.clientX, y: event.clientY, at: event.timeStamp };
}

function isAimedElsewhere(event: MouseEvent): boolean {
  const target = event.target as Element;
  if (target.closest('.message') !== null) return event.detail > 1 || repeatsPress(event);
  const card = target.closest<HTMLElement>('[data-item]');
  if (card === null) return false;
  const hasMoved = aim !== undefined && event.timeStamp < aim.until && aim.itemId !== card.dataset.item;
  return event.detail > 1 || hasMoved;
}

/** True at the spot of the last press soon after it: the message may have come up under the pointer since. */
const repeatsPress = ({ clientX, clientY, timeStamp }: MouseEvent): boolean =>
  lastPress !== undefined &&
  timeStamp < lastPress.at + SETTLE_MS &&
  Math.hypot(clientX - lastPress.x, clientY - lastPress.y) <= TREMBLE_PX;

function stop(event: MouseEvent): void {
  event.stopPropagation();
  event.preventDefault();
}
