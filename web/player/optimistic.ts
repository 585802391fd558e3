// Predicts the signals once the server has an event, so that the page shows the effect of a press at once.

import type { EventInput } from '../../models/contracts/event.ts';
import type { Signals } from './api.ts';

const without = (ids: readonly string[], id: string) => ids.filter((one) => one !== id);

/** Likes, dismissals and a reset only: all other changes come with the server's answer. */
export function applyEvent(signals: Signals, { type, itemId }: Pick<EventInput, 'type' | 'itemId'>): Signals {
  if (type === 'reset') return { ...signals, history: [], played: [], liked: [], dismissed: [], genres: [] };
  if (itemId === undefined) return signals;
  const { liked, dismissed } = signals;
  if (type === 'like') return { ...signals, liked: [...without(liked, itemId), itemId] };
  if (type === 'unlike') return { ...signals, liked: without(liked, itemId) };
  if (type === 'dismiss') return { ...signals, dismissed: [...without(dismissed, itemId), itemId] };
  if (type === 'undismiss') return { ...signals, dismissed: without(dismissed, itemId) };
  return signals;
}
