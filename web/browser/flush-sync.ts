// Renders state changes at once, so that the result can be measured and moved before the next frame.

import { options } from 'preact';

/** Runs `change` and renders its effects once. */
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
