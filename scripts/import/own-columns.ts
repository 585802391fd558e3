// Our own names of columns: those of the export, and the usual names of a catalogue's and an event table's columns.

import { quoteName } from '../duckdb/quote.ts';

/** The fields of an item, each with the names under which catalogues have it; the first that is filled counts. */
const CATALOGUE_NAMES = {
  item_id: ['itemId', 'item_id', 'item', 'appid', 'app_id', 'game_id', 'gameId', 'product_id', 'id'],
  title: ['title', 'name', 'app_name', 'game'],
  genres: ['genres', 'genre', 'categories', 'category'],
  tags: ['tags'],
  developer: ['developer', 'developers'],
  releaseDate: ['releaseDate', 'release_date', 'date_release', 'released', 'release_year'],
  price: ['price', 'price_final'],
  currency: ['currency'],
  ageRating: ['ageRating', 'age_rating', 'required_age'],
  platforms: ['platforms'],
  coverUrl: ['coverUrl', 'cover_url', 'header_image'],
  hidden: ['hidden'],
} as const satisfies Record<string, readonly string[]>;

/** The columns of a staged item, all text. */
export const ITEM_COLUMNS = Object.keys(CATALOGUE_NAMES) as (keyof typeof CATALOGUE_NAMES)[];

export const CATALOGUE_SHAPE = {
  names: Object.values(CATALOGUE_NAMES).flat(),
  ids: CATALOGUE_NAMES.item_id,
  titles: CATALOGUE_NAMES.title,
  select: `select ${Object.entries(CATALOGUE_NAMES)
    .map(([field, names]) => `coalesce(${[...names.map(quoteName), 'null'].join(', ')}) as ${field}`)
    .join(', ')}`,
} as const;

/** Names that the columns of an event table without a preset may have. */
export const EVENT_NAMES = {
  user: ['user_id', 'userId', 'user'],
  item: ['item_id', 'itemId', 'item'],
  time: ['timestamp', 'time', 'date'],
  value: ['rating'],
  type: ['event_type', 'type'],
} as const satisfies Record<string, readonly string[]>;
/** Words for a column of users or items: a first line with such words is a header, not an event. */
export const HEADER_WORD =
  '(?:(?:user|player|member|customer|reviewer|session|item|game|app|product|movie|film)[ _-]?(?:id|name|title)?' +
  '|title|name|uid|iid|asin)';
/** A first line of two such words, as a regular expression without its case. */
export const HEADER_LINE = `^\\s*${HEADER_WORD}\\s+${HEADER_WORD}\\s*$`;

export type EventColumn = keyof typeof EVENT_NAMES;

/** The fields of an exported event that other formats lack; they are stored as they are. */
export const EXPORT_COLUMNS = {
  id: 'id',
  query: 'query',
  receivedAt: 'received_at',
  recommendationId: 'recommendation_id',
  position: 'position',
  platform: 'platform',
  country: 'country',
  locale: 'locale',
} as const;

export const EXPORT_EVENT_COLUMNS = [
  ...['userId', 'itemId', 'type', 'value', 'timestamp'],
  ...Object.keys(EXPORT_COLUMNS),
];

export const selectOwn = `select userId as user_id, itemId as item_id, type, value, timestamp as time,
  ${Object.entries(EXPORT_COLUMNS)
    .map(([name, column]) => `${name} as ${column}`)
    .join(', ')}`;
