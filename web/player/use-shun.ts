// Mutes a label or asks for less of it, says so once the Worker has stored it, and offers to undo it.

import { useRef } from 'preact/hooks';
import type { Preferences } from '../../models/contracts/preferences.ts';
import { useStable } from '../browser/use-stable.ts';
import type { Offer } from './use-message.ts';
import type { EditPreferences, Shun } from './use-preferences.ts';

/** Resolves to whether the Worker has stored the change; false where it waits. */
type Change = (edit: EditPreferences, offer?: Offer) => Promise<boolean>;

/** `confirm`: to be called where a change that waited has been stored. */
export function useShun(change: Change, offerUndo: (text: string, undo: () => void) => Offer) {
  const confirmLast = useRef(() => {});
  const shun: Shun = useStable((list, label) => {
    const isLess = list === 'lessGenres';
    const without = (now: Preferences) => now[list].filter((one) => one !== label);
    const offer = offerUndo(isLess ? `Asking for less ${label} …` : `Muting ${label} …`, () => {
      change((now) => ({ [list]: without(now) }));
    });
    const confirm = () =>
      offer.restate(isLess ? `Less ${label} from now on.` : `Muted ${label}: no such game is shown any more.`);
    confirmLast.current = confirm;
    change((now) => ({ [list]: [...without(now), label] }), offer).then((isStored) => isStored && confirm());
  });
  return { shun, confirm: () => confirmLast.current!() };
}
