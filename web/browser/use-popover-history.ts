// Puts a popover into the browser's history while its component is on the page.

import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { watchPopover } from './dialog-history.ts';

/** Returns the ref for the popover. */
export function usePopoverHistory(): RefObject<HTMLElement | null> {
  const popover = useRef<HTMLElement>(null);
  useLayoutEffect(() => (popover.current ? watchPopover(popover.current) : undefined), []);
  return popover;
}
