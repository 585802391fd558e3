// One player's store: the parts of its state, and the actions that change several of them. It renders nothing.

import { useLayoutEffect } from 'hono/jsx/dom';
import type { Item } from '../models/contracts/item.ts';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { Api, Problem } from './api.ts';
import { useExplanation } from './use-explanation.ts';
import { useGallery } from './use-gallery.ts';
import { useImpressions } from './use-impressions.ts';
import { useMessage } from './use-message.ts';
import { type Act, type ActionType, useOutbox } from './use-outbox.ts';
import { usePlayerState } from './use-player-state.ts';
import { useSearch } from './use-search.ts';
import { type Prefer, type Shun, useSignals } from './use-signals.ts';
import { useStable } from './use-stable.ts';
import { useStream } from './use-stream.ts';

/** A press that the gallery has not answered yet. */
export interface PendingPress {
  itemId: string;
  type: ActionType;
}

export function useStore(api: Api, userId: string, query: string) {
  const [problem, setProblem] = usePlayerState<Problem | null>(userId, null);
  const [pending, setPending] = usePlayerState<PendingPress | null>(userId, null);
  const gallery = useGallery(api, userId);
  const outbox = useOutbox(api, userId, () => refresh());
  const signals = useSignals(api, userId, outbox.listUnsent, outbox.addOwnId);
  const search = useSearch(api, userId);
  const explanation = useExplanation(api, userId);
  const { message, offerUndo, close: closeMessage } = useMessage(userId);
  const lastNotice = useStream(api, userId, outbox.isOwn, () => refresh());
  useImpressions(api, userId, gallery.answer);

  const reportFailure = (work: Promise<unknown>) => work.catch((error) => setProblem(() => error as Problem));
  const load = async () => {
    if (!(await gallery.load())) return;
    setProblem(() => null);
    await signals.load();
  };
  const refresh = () => void reportFailure(load());
  const sendAndLoad = async (sending: Promise<unknown>) => {
    await sending;
    await load();
  };

  const act = useStable<Parameters<Act>>((type, item, position) => {
    const { itemId, title } = item;
    if (pending?.itemId === itemId && pending.type === type) return;
    const press = { itemId, type };
    setPending(() => press);
    signals.applyNow(press);
    // Both remove the game, and its buttons, from the page.
    if (type === 'dismiss') offerUndo(`Dismissed ${title}.`, () => act('undismiss', item));
    if (type === 'like') offerUndo(`Liked ${title}.`, () => act('unlike', item));
    const recommendationId = position === undefined ? undefined : gallery.answer?.body.recommendationId;
    const sending = sendAndLoad(outbox.sendAction(type, item, position, recommendationId));
    reportFailure(sending.finally(() => setPending((now) => (now === press ? null : now))));
  });
  const explain = useStable((item: Item) => void reportFailure(explanation.explain(item)));
  const prefer: Prefer = useStable((changes: Partial<Preferences>) => {
    gallery.discardPending();
    reportFailure(sendAndLoad(signals.changePreferences(changes)));
  });
  const shun: Shun = useStable((list, label) => {
    const before = signals.preferences[list];
    const text =
      list === 'lessGenres' ? `Less ${label} from now on.` : `Muted ${label}: no such game is shown any more.`;
    offerUndo(text, () => prefer({ [list]: before }));
    prefer({ [list]: [...before, label] });
  });

  useLayoutEffect(refresh, [userId]);
  useLayoutEffect(() => void reportFailure(search.search(query)), [userId, query]);

  return {
    problem,
    retry: () => void reportFailure(sendAndLoad(outbox.sendWaiting())),
    answer: gallery.answer,
    pending,
    act,
    signals: signals.signals,
    preferences: signals.preferences,
    prefer,
    shun,
    results: search.results,
    /** A submitted search is a signal. The results come with the query. */
    recordSearch: (submitted: string) => void reportFailure(sendAndLoad(outbox.sendSearch(submitted))),
    explained: explanation.explained,
    explain,
    closeExplanation: explanation.close,
    sent: outbox.sent,
    message,
    closeMessage,
    lastNotice,
  };
}
