// Gives each dialog an entry in the browser's history: Back closes the dialog instead of leaving the page.

/** Call when a dialog opens. Back calls `close`. Returns `leave`: call it once the dialog is closed for any reason. */
export function enterDialog(name: string, close: () => void): () => void {
  const state = { dialog: name };
  // A dialog that opens another shares its entry.
  if (history.state?.dialog) history.replaceState(state, '');
  else history.pushState(state, '');
  addEventListener('popstate', close, { once: true });
  return () => {
    removeEventListener('popstate', close);
    // Deferred: a dialog that opens now, or an address selected in this one, may take over the entry.
    setTimeout(() => {
      if (history.state?.dialog === name) history.back();
    });
  };
}

/** The same for an element with the popover attribute. Returns `stop`. */
export function watchPopover(popover: HTMLElement): () => void {
  let leave: (() => void) | undefined;
  const follow = (event: Event) => {
    if ((event as ToggleEvent).newState === 'open') leave = enterDialog(popover.id, () => popover.hidePopover());
    else leave?.();
  };
  popover.addEventListener('toggle', follow);
  return () => popover.removeEventListener('toggle', follow);
}
