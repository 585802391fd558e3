// One player's store: the parts of its state, and the actions that change several of them. It draws nothing.

import { useLayoutEffect } from 'hono/jsx/dom';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { Api, Problem } from './api.ts';
import { useExplanation } from './use-explanation.ts';
import { useGallery } from './use-gallery.ts';
import { useImpressions } from './use-impressions.ts';
import { type Act, useOutbox } from './use-outbox.ts';
import { usePlayerState } from './use-player-state.ts';
import { useSearch } from './use-search.ts';
import { useSignals } from './use-signals.ts';
import { useStream } from './use-stream.ts';

export function useStore(api: Api, userId: string) {
  const [problem, setProblem] = usePlayerState<Problem | null>(userId, null);
  const gallery = useGallery(api, userId);
  const signals = useSignals(api, userId);
  const search = useSearch(api, userId);
  const explanation = useExplanation(api, userId);
  const outbox = useOutbox(api, userId);
  const stream = useStream(api, userId, () => refresh());
  useImpressions(api, userId, gallery.answer);

  const reportFailure = (work: Promise<unknown>) => work.catch((error) => setProblem(() => error as Problem));
  const load = async () => {
    if (!(await gallery.load())) return;
    setProblem(() => null);
    await signals.load();
  };
  const refresh = () => reportFailure(load());
  const sendAndLoad = async (sending: Promise<unknown>) => {
    stream.noteSent();
    await sending;
    await load();
  };

  const act: Act = (type, item, position) => {
    const recommendationId = position === undefined ? undefined : gallery.answer?.body.recommendationId;
    reportFailure(sendAndLoad(outbox.sendAction(type, item, position, recommendationId)));
  };
  const suggest = (query: string) => reportFailure(search.search(query));
  /** A submitted search is a signal as well. */
  const submitSearch = (query: string) => {
    if (query === '') return suggest('');
    return reportFailure(sendAndLoad(Promise.all([search.search(query), outbox.sendSearch(query)])));
  };
  const prefer = (changes: Partial<Preferences>) => {
    gallery.discardPending();
    reportFailure(sendAndLoad(signals.changePreferences(changes)));
  };

  useLayoutEffect(() => {
    refresh();
  }, [userId]);

  return {
    problem,
    refresh,
    answer: gallery.answer,
    signals: signals.signals,
    preferences: signals.preferences,
    prefer,
    results: search.results,
    suggest,
    submitSearch,
    explained: explanation.explained,
    explain: (item: Parameters<typeof explanation.explain>[0]) => reportFailure(explanation.explain(item)),
    closeExplanation: explanation.close,
    sent: outbox.sent,
    act,
    lastNotice: stream.lastNotice,
  };
}
