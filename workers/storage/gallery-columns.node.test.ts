import { expect, it } from 'vitest';
import type { BatchGallery } from '../../models/contracts/stored-gallery.ts';
import { GalleryColumns, readGalleryColumns, toGalleryColumns } from './gallery-columns.ts';

const gallery: BatchGallery = {
  recommendationId: 'r',
  generatedAt: '2026-01-01T00:00:00.000Z',
  release: 'good',
  dataUntil: null,
  rows: [
    {
      id: 'top-picks',
      title: 'Top picks for you',
      reason: 'From what you played',
      items: [
        { itemId: 'g1', score: 0.375738, reason: 'Popular with players like you' },
        { itemId: 'g2', score: 0.1, reason: 'Like g1' },
        { itemId: 'g3', score: 0, reason: 'Popular with players like you' },
      ],
    },
    {
      id: 'new',
      title: 'New releases',
      reason: 'Just released',
      items: [{ itemId: 'g4', score: 1, reason: 'Like g1' }],
    },
  ],
  ownedOrPlayed: ['g9'],
  dismissed: [],
  ageLimit: 12,
};

it('keeps a gallery, each reason once, without whole items', () => {
  const columns = toGalleryColumns(gallery);
  expect(columns.reasons).toEqual(['Popular with players like you', 'Like g1']);
  expect(columns.rows[0]!.reasons).toEqual([0, 1, 0]);
  const read = readGalleryColumns(GalleryColumns.parse(JSON.parse(JSON.stringify(columns))));
  expect(read).toEqual(gallery);
});

it('refuses columns that do not fit together', () => {
  const columns = toGalleryColumns(gallery);
  const [first, second] = columns.rows;
  const alter = (altered: Partial<typeof first>) => () =>
    readGalleryColumns({ ...columns, rows: [{ ...first!, ...altered }, second!] });
  expect(alter({ scores: [1, 1] })).toThrow('score');
  expect(alter({ reasons: [0, 1, 2] })).toThrow('reason');
  expect(alter({ reasons: [0, 1] })).toThrow('reason');
});
