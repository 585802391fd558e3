// One player's store: the parts of its state, and the actions that change several of them. It draws nothing.

import { useLayoutEffect } from 'preact/hooks';
import type { Item } from '../models/contracts/item.ts';
import { useStable } from './browser/use-stable.ts';
import { findPosition } from './gallery/gallery-positions.ts';
import { useGallery } from './gallery/use-gallery.ts';
import { useImpressions } from './gallery/use-impressions.ts';
import type { Api } from './player/api.ts';
import { useAct } from './player/use-act.ts';
import { useDelivery } from './player/use-delivery.ts';
import { useExplanation } from './player/use-explanation.ts';
import { type Offer, useMessage } from './player/use-message.ts';
import { useOutbox } from './player/use-outbox.ts';
import { type EditPreferences, type Prefer, usePreferences } from './player/use-preferences.ts';
import { useSearch } from './player/use-search.ts';
import { useShun } from './player/use-shun.ts';
import { useSignals } from './player/use-signals.ts';
import { useStream } from './player/use-stream.ts';

export function useStore(api: Api, userId: string, query: string) {
  const gallery = useGallery(api, userId);
  const outbox = useOutbox(api, userId);
  const signals = useSignals(api, userId, outbox.listUnsent);
  const preferences = usePreferences(api, userId, signals, outbox.addOwnId);
  const search = useSearch(api, userId);
  const explanation = useExplanation(api, userId);
  const { message, offerUndo, close: closeMessage } = useMessage(userId);
  const delivery = useDelivery(userId, {
    loadGallery: gallery.load,
    showGallery: gallery.show,
    loadSignals: signals.load,
    sendWaiting: [outbox.sendWaiting, () => preferences.sendWaiting(() => confirm())],
  });
  const lastNotice = useStream(api, userId, outbox.isOwn, delivery.refresh);
  useImpressions(api, userId, gallery.complete);

  const { act, pending } = useAct(userId, {
    applyNow: signals.applyNow,
    offerUndo,
    send: (type, item, inGallery, onFailure) => {
      const shownAt = inGallery && gallery.shown ? findPosition(gallery.shown.answer.body, item.itemId) : {};
      return delivery.sendAndShow(outbox.sendAction(type, item, shownAt), onFailure);
    },
  });
  const change = (edit: EditPreferences, offer?: Offer): Promise<boolean> => {
    gallery.discardPending();
    const changing = preferences.change(edit);
    delivery.sendAndLoad(changing, () => preferences.isWaiting() || offer?.withdraw());
    return changing.then(
      () => true,
      () => false,
    );
  };
  const prefer: Prefer = useStable((changes) => void change(() => changes));
  const forget = useStable(() => {
    signals.applyNow({ type: 'reset' });
    void delivery.sendAndShow(outbox.sendReset());
  });
  const { shun, confirm } = useShun(change, offerUndo);
  const explain = useStable((item: Item) => void delivery.reportFailure(explanation.explain(item)));

  useLayoutEffect(() => void delivery.reportFailure(search.search(query)), [userId, query]);

  return {
    problem: delivery.problem,
    retry: delivery.retry,
    shown: gallery.shown,
    complete: gallery.complete,
    pending,
    act,
    takeBackDismissals: () => void delivery.sendAndShow(outbox.takeBackDismissals(signals.signals?.dismissed ?? [])),
    signals: signals.signals,
    preferences: preferences.preferences,
    prefer,
    shun,
    forget,
    results: search.results,
    /** A submitted search is a signal. The results come with the query. */
    recordSearch: (submitted: string) => void delivery.sendAndShow(outbox.sendSearch(submitted)),
    explained: explanation.explained,
    explain,
    closeExplanation: explanation.close,
    sent: outbox.sent,
    message,
    closeMessage,
    lastNotice,
  };
}
