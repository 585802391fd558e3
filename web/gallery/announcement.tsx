// Announces changes to screen readers, which read out each new text of this live region.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Gallery } from '../../models/contracts/gallery.ts';
import type { SearchResults } from '../player/use-search.ts';

interface AnnouncementProps {
  userId: string;
  gallery: Gallery | null;
  results: SearchResults | null;
}

/** One region for all players: a region added together with its text is not read out. */
export function Announcement({ userId, gallery, results }: AnnouncementProps) {
  const [text, setText] = useState('');
  const last = useRef<{ userId: string; gallery: Gallery } | null>(null);
  useEffect(() => {
    if (gallery === null) return;
    const before = last.current?.userId === userId ? last.current.gallery : null;
    last.current = { userId, gallery };
    setText(describeChange(before, gallery));
  }, [gallery]);
  useEffect(() => {
    if (results !== null) setText(`${countGames(results.items.length)} found for “${results.query}”.`);
  }, [results]);
  return (
    <p role="status" class="visually-hidden">
      {text}
    </p>
  );
}

function describeChange(before: Gallery | null, { rows }: Gallery): string {
  if (rows.length === 0) return 'Your gallery is empty.';
  const firstRow = `First row: ${rows[0]!.title}.`;
  if (before === null) return `Your gallery has ${rows.length} rows. ${firstRow}`;
  const shown = new Set(listIds(before.rows));
  const added = new Set(listIds(rows).filter((itemId) => !shown.has(itemId)));
  return `Your gallery has changed: ${countGames(added.size, 'new ')}. ${firstRow}`;
}

const listIds = (rows: Gallery['rows']) => rows.flatMap(({ items }) => items.map(({ itemId }) => itemId));
const countGames = (count: number, adjective = '') => `${count || 'no'} ${adjective}${count === 1 ? 'game' : 'games'}`;
