// Renders changes of state at once, so that what is drawn can be measured and moved before the next frame.

import { options } from 'preact';

/** Renders what `change` changes, once. */
export function flushSync(change: () => void): void {
  const { debounceRendering } = options;
  let render: (() => void) | undefined;
  options.debounceRendering = (call) => {
    render = call;
  };
  try {
    change();
    render?.();
  } finally {
    options.debounceRendering = debounceRendering;
  }
}
