// Finds the row of a page that experiments compare.

import type { GalleryRow } from '../../models/contracts/gallery.ts';
import type { GalleryContent } from './compose-page.ts';

/** The top picks of a composed page, the first row of a baseline page; undefined without any. */
export const findFirstRow = ({ rows, page }: GalleryContent): GalleryRow | undefined =>
  page === undefined ? rows[0] : rows.find(({ id }) => id === 'top-picks');
