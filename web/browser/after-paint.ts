// Defers work until the browser has painted what has changed.

/** Returns `cancel`. */
export function afterPaint(call: () => void): () => void {
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const plan = () => {
    timer = setTimeout(call);
  };
  // The second frame begins once the compositor has the first. Earlier, the work would compete with its drawing.
  const wait = () => {
    frame = requestAnimationFrame(plan);
  };
  // A hidden page has no frames.
  if (document.hidden) plan();
  else frame = requestAnimationFrame(wait);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

export const painted = (): Promise<void> => new Promise((resolve) => void afterPaint(resolve));
