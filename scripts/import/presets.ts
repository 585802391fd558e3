// The known formats: how the header or the first line of a file shows its shape, and the SELECT that maps its columns
// to ours. Every column arrives as text; staging (stage-events.ts) and cleaning (item.ts) read it.

import { CATALOGUE_SHAPE, EXPORT_EVENT_COLUMNS, HEADER_LINE, selectOwn } from './own-columns.ts';

/** The shape of one kind of file. */
export interface FileShape {
  gives: 'events' | 'items';
  /** The columns that a header must have, in any order and case; without a header, the columns by position. */
  columns: readonly string[];
  /** Columns that are read if present, and null otherwise. Without a header they follow `columns`. */
  optional?: readonly string[];
  /** Only for files without a header: what their first line looks like. */
  headless?: { delimiter: string; firstLine: RegExp };
  /** False: quotes are part of the text. */
  quoted?: false;
  /**
   * SQL over `file`. Events: user_id, item_id, type, value, time; items: item_id and the fields of an item by our
   * names. Missing ones are null.
   */
  select: string;
}

export interface Preset {
  summary: string;
  /** The usual names of the data set's files, for messages. */
  files: string;
  shapes: readonly FileShape[];
  /** The files give the order of a player's events and no times. */
  isUntimed?: true;
  /** Items are named by titles, from which ids are made. */
  hasTitlesAsIds?: true;
  /** Ratings have our scale, even if the largest is small. */
  hasFiveStars?: true;
  /** Rows are events of this project: they keep their ids and all fields. */
  isExport?: true;
  /** A catalogue beside the interactions belongs to them only if both have the same name before the extension. */
  hasCataloguesByName?: true;
}

/** The flags of u.item, in the order of its u.genre. */
const U_ITEM_GENRES = [
  ...['unknown', 'Action', 'Adventure', 'Animation', 'Children’s', 'Comedy', 'Crime', 'Documentary', 'Drama'],
  ...['Fantasy', 'Film-Noir', 'Horror', 'Musical', 'Mystery', 'Romance', 'Sci-Fi', 'Thriller', 'War', 'Western'],
];
const U_ITEM_FLAGS = U_ITEM_GENRES.map((_, index) => `flag${index}`);

const RATING =
  "select userId as user_id, movieId as item_id, 'rate' as type, rating as value, timestamp as time from file";
const FILM = "select movieId as item_id, title, nullif(genres, '(no genres listed)') as genres from file";
const RATING_COLUMNS = ['userId', 'movieId', 'rating', 'timestamp'];

const movielens: Preset = {
  summary: 'MovieLens 100k to 32m: ratings, and the films beside them',
  hasFiveStars: true,
  files: 'ratings.csv + movies.csv, ratings.dat + movies.dat, u.data + u.item',
  shapes: [
    { gives: 'events', columns: RATING_COLUMNS, select: RATING },
    { gives: 'items', columns: ['movieId', 'title', 'genres'], select: FILM },
    {
      gives: 'events',
      columns: RATING_COLUMNS,
      headless: { delimiter: '::', firstLine: /^[^:]+::[^:]+::[\d.]+::\d+$/ },
      quoted: false,
      select: RATING,
    },
    {
      gives: 'items',
      columns: ['movieId', 'title', 'genres'],
      headless: { delimiter: '::', firstLine: /^\d+::.*[^\d:].*::[^:\d]+$/ },
      quoted: false,
      select: FILM,
    },
    {
      gives: 'events',
      columns: RATING_COLUMNS,
      headless: { delimiter: '\t', firstLine: /^\d+\t\d+\t[\d.]+\t\d+$/ },
      quoted: false,
      select: RATING,
    },
    {
      gives: 'items',
      columns: ['movieId', 'title', 'released', 'video', 'url', ...U_ITEM_FLAGS],
      headless: { delimiter: '|', firstLine: /^\d+\|.+\|(\d\d-\w{3}-\d{4})?\|.*(\|[01]){19}$/ },
      quoted: false,
      select: `select movieId as item_id, title, released as releaseDate, concat_ws('|', ${U_ITEM_GENRES.map(
        (genre, index) => `if(flag${index} = '1', '${genre}', null)`,
      ).join(', ')}) as genres from file`,
    },
  ],
};

const BEHAVIOUR = `select user_id, title as item_id, behaviour as type,
  if(behaviour = 'play', coalesce((60 * try_cast(amount as double))::varchar, amount, ''), null) as value from file`;

const steam200k: Preset = {
  summary: 'purchases and hours played by title, without times; the titles are the catalogue',
  files: 'steam-200k.csv',
  isUntimed: true,
  hasTitlesAsIds: true,
  shapes: [
    {
      gives: 'events',
      columns: ['user_id', 'title', 'behaviour', 'amount'],
      optional: ['zero'],
      headless: { delimiter: ',', firstLine: /^[^,]+,.+,(purchase|play),[\d.]+(,0)?$/ },
      select: BEHAVIOUR,
    },
    {
      gives: 'events',
      columns: ['user-id', 'game-title', 'behavior-name', 'value'],
      select: BEHAVIOUR.replace(
        'from file',
        `from (select "user-id" as user_id, "game-title" as title, "behavior-name" as behaviour, value as amount
          from file)`,
      ),
    },
  ],
};

const isTrue = (column: string) => `lower(${column}) in ('true', '1', 't', 'yes')`;

const steamRecommendations: Preset = {
  summary: 'reviews of Steam games: each gives a like or dislike, and the minutes played',
  files: 'recommendations.csv + games.csv + games_metadata.json',
  shapes: [
    {
      gives: 'events',
      columns: ['app_id', 'user_id', 'is_recommended'],
      optional: ['hours', 'date'],
      select: `select user_id, app_id as item_id, date as time, unnest(list_filter([
          {type: 'play', value: coalesce((60 * try_cast(hours as double))::varchar, hours)},
          {type: if(${isTrue('is_recommended')}, 'like', 'dislike'), value: null}
        ], lambda event: event.type <> 'play' or event.value is not null), recursive := true) from file`,
    },
    {
      gives: 'items',
      columns: ['app_id', 'title', 'date_release'],
      optional: ['win', 'mac', 'linux', 'price_final'],
      select: `select app_id as item_id, title, date_release as releaseDate, price_final as price,
        if(price_final is null, null, 'USD') as currency, concat_ws('|', if(${isTrue('win')}, 'windows', null),
        if(${isTrue('mac')}, 'macos', null), if(${isTrue('linux')}, 'linux', null)) as platforms from file`,
    },
    { gives: 'items', columns: ['app_id', 'description', 'tags'], select: 'select app_id as item_id, tags from file' },
  ],
};

/** A sequence of tokens is separated by spaces unless it has separators of its own. */
const toLabels = (column: string) => `if(${column} similar to '.*[,|;].*', ${column}, replace(${column}, ' ', '|'))`;
const ATOMIC_OPTIONAL = ['rating:float', 'timestamp:float', 'play_hours:float', 'hours:float'];
const selectAtomic = (item: string) =>
  `select "user_id:token" as user_id, "${item}" as item_id, "timestamp:float" as time,
    if("rating:float" is null, 'play', 'rate') as type,
    coalesce("rating:float", (60 * try_cast(coalesce("play_hours:float", "hours:float") as double))::varchar) as value
  from file`;
const ATOMIC_TITLES = ['title', 'movie_title', 'name', 'app_name', 'item_name', 'book_title'].flatMap((name) => [
  `${name}:token_seq`,
  `${name}:token`,
]);
const ATOMIC_GENRES = ['genres', 'genre', 'class', 'categories', 'category'].flatMap((name) => [
  `${name}:token_seq`,
  `${name}:token`,
]);
const ATOMIC_FACTS = ['release_year:token', 'release_date:token', 'price:float', 'developer:token', 'tags:token_seq'];
const quoteAll = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
const describeAtomicItem = (item: string): FileShape => ({
  gives: 'items',
  columns: [item],
  optional: [...ATOMIC_TITLES, ...ATOMIC_GENRES, ...ATOMIC_FACTS],
  quoted: false,
  select: `select "${item}" as item_id, coalesce(${quoteAll(ATOMIC_TITLES)}) as title,
    ${toLabels(`coalesce(${quoteAll(ATOMIC_GENRES)})`)} as genres, ${toLabels('"tags:token_seq"')} as tags,
    coalesce("release_date:token", "release_year:token") as releaseDate, "price:float" as price,
    "developer:token" as developer from file`,
});

const recbole: Preset = {
  summary: 'atomic files with typed headers; without ratings, an interaction is a play',
  files: 'NAME.inter + NAME.item',
  hasCataloguesByName: true,
  shapes: [
    ...['item_id:token', 'product_id:token'].map(
      (item): FileShape => ({
        gives: 'events',
        columns: ['user_id:token', item],
        optional: ATOMIC_OPTIONAL,
        quoted: false,
        select: selectAtomic(item),
      }),
    ),
    ...['item_id:token', 'product_id:token', 'id:token'].map(describeAtomicItem),
  ],
};

const gorse: Preset = {
  summary: 'a dump of feedback and items; star, read and the like become our types',
  files: 'feedback.csv + items.csv, feedback.jsonl + items.jsonl',
  shapes: [
    {
      gives: 'events',
      columns: ['feedback_type', 'user_id', 'item_id', 'time_stamp'],
      select: 'select user_id, item_id, feedback_type as type, null as value, time_stamp as time from file',
    },
    {
      gives: 'events',
      columns: ['FeedbackType', 'UserId', 'ItemId'],
      optional: ['Timestamp', 'Value'],
      select: `select UserId as user_id, ItemId as item_id, FeedbackType as type, Timestamp as time,
        if(lower(FeedbackType) in ('rate', 'rating', 'play'), Value, null) as value from file`,
    },
    {
      gives: 'items',
      columns: ['item_id', 'is_hidden', 'categories', 'labels'],
      optional: ['time_stamp', 'description'],
      select: `select item_id, coalesce(description, item_id) as title, categories as genres, is_hidden as hidden,
        time_stamp as releaseDate, if(labels like '[%', labels, null) as tags from file`,
    },
    {
      gives: 'items',
      columns: ['ItemId', 'IsHidden'],
      optional: ['Categories', 'Timestamp', 'Labels', 'Comment'],
      select: `select ItemId as item_id, coalesce(nullif(Comment, ''), ItemId) as title, Categories as genres,
        IsHidden as hidden, Timestamp as releaseDate, if(Labels like '[%', Labels, null) as tags from file`,
    },
  ],
};

/** Reads one of metarank's `fields`, a list of names and values. */
const readField = (...names: string[]) =>
  `list_filter(from_json(fields, '[{"name":"VARCHAR","value":"VARCHAR"}]'),
    lambda field: lower(field.name) in (${names.map((name) => `'${name}'`).join(', ')}))[1].value`;

const metarank: Preset = {
  summary: 'interactions and item metadata; rankings and user metadata are not read',
  files: 'events.jsonl',
  shapes: [
    {
      gives: 'events',
      columns: ['event', 'timestamp', 'id'],
      optional: ['user', 'session', 'type', 'item'],
      select: `select coalesce("user", session) as user_id, item as item_id, type, null as value, timestamp as time
        from file where coalesce(event, 'interaction') = 'interaction'`,
    },
    {
      gives: 'items',
      columns: ['event', 'timestamp', 'id'],
      optional: ['item', 'fields'],
      select: `select item as item_id, ${readField('title', 'name')} as title,
        ${readField('genres', 'genre', 'categories', 'category')} as genres, ${readField('tags')} as tags,
        ${readField('price')} as price, ${readField('release_date', 'released')} as releaseDate
        from file where event = 'item'`,
    },
  ],
};

const amazonReviews: Preset = {
  summary: 'Amazon reviews of 2018 and 2023: ratings of 1–5, and the metadata as catalogue',
  hasFiveStars: true,
  files: 'CATEGORY.jsonl + meta_CATEGORY.jsonl, or CSV',
  shapes: [
    {
      gives: 'events',
      columns: ['user_id', 'parent_asin', 'rating', 'timestamp'],
      select: "select user_id, parent_asin as item_id, 'rate' as type, rating as value, timestamp as time from file",
    },
    {
      gives: 'events',
      columns: ['reviewerID', 'asin', 'overall', 'unixReviewTime'],
      select: `select reviewerID as user_id, asin as item_id, 'rate' as type, overall as value, unixReviewTime as time
        from file`,
    },
    {
      gives: 'items',
      columns: ['parent_asin', 'title', 'main_category'],
      optional: ['categories', 'store', 'price'],
      select: `select parent_asin as item_id, title, coalesce(nullif(categories, '[]'), main_category) as genres,
        store as developer, price, if(price is null, null, 'USD') as currency from file`,
    },
    {
      gives: 'items',
      columns: ['asin', 'title', 'category'],
      optional: ['brand', 'price'],
      select: `select asin as item_id, title, category as genres, brand as developer, price,
        if(price is null, null, 'USD') as currency from file`,
    },
  ],
};

/** A line with a separator at either end of a word, or with words for columns, has another format. */
const SEQUENCE_WORD = '[^\\s,;|](?:\\S*[^\\s,;|])?';
const SEQUENCE_LINE = new RegExp(`^(?!${HEADER_LINE})\\s*${SEQUENCE_WORD}\\s+${SEQUENCE_WORD}\\s*$`, 'i');

const sequences: Preset = {
  summary: '“user item” lines in time order, without times',
  files: 'any',
  isUntimed: true,
  shapes: [
    {
      gives: 'events',
      columns: ['line'],
      // No text has this character: the line is one column, which the SELECT splits at any white space.
      headless: { delimiter: '\u0001', firstLine: SEQUENCE_LINE },
      quoted: false,
      select: `select nullif(pair[1], '') as user_id, nullif(pair[2], '') as item_id, 'play' as type
        from (select regexp_extract_all(line, '\\S+') as words, if(len(words) = 2, words, [null, null]) as pair
          from file where trim(line) <> '')`,
    },
  ],
};

const jsonl: Preset = {
  summary: 'events and items in the format of the API, one a line, with `kind`: event or item',
  files: 'any',
  isExport: true,
  shapes: [
    {
      gives: 'events',
      columns: ['kind'],
      optional: EXPORT_EVENT_COLUMNS,
      select: `${selectOwn} from file where coalesce(kind, '') <> 'item'`,
    },
    {
      gives: 'items',
      columns: ['kind'],
      optional: CATALOGUE_SHAPE.names,
      select: `${CATALOGUE_SHAPE.select} from file where kind = 'item'`,
    },
  ],
};

/** The columns of workers/storage/event-columns.ts: those that identify the format, and the rest. */
const log: Preset = {
  summary: 'the log of another store of this project: the Parquet files of log/events in R2',
  files: 'any',
  isExport: true,
  shapes: [
    {
      gives: 'events',
      columns: ['sequence', 'user_id', 'id', 'type', 'item_id', 'timestamp', 'received_at', 'recommendation_id'],
      optional: ['value', 'query', 'position', 'platform', 'country', 'locale'],
      select: `select user_id, item_id, type, value, timestamp as time, id, query, recommendation_id, position,
        platform, country, locale, epoch_ms(received_at::timestamp)::varchar as received_at from file`,
    },
  ],
};

export const PRESETS = {
  movielens,
  'steam-200k': steam200k,
  'steam-recommendations': steamRecommendations,
  recbole,
  gorse,
  metarank,
  'amazon-reviews': amazonReviews,
  sequences,
  jsonl,
  log,
} satisfies Record<string, Preset>;
